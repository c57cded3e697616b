# SPDX-License-Identifier: Apache-2.0
"""Reads and writes GGUF, the model files of llama.cpp (version 3 of the format, little endian).

Values of the metadata keep their type: a number or a list of numbers is a numpy array, a string is
`str`, a list of strings a list. Tensors are numpy arrays in row order, or `Q8` where quantised."""
import mmap
import struct

import numpy as np

ALIGNMENT = 32
SCALARS = {0: np.uint8, 1: np.int8, 2: np.uint16, 3: np.int16, 4: np.uint32, 5: np.int32,
           6: np.float32, 7: np.bool_, 10: np.uint64, 11: np.int64, 12: np.float64}
STRING, ARRAY = 8, 9
NUMBERS = {np.dtype(t): code for code, t in SCALARS.items()}
F32, F16, Q8_0 = 0, 1, 8
QUANTISED_ROW = 32


class Q8:
    """A matrix in 8 bits: blocks of 32 elements, each a float16 scale and 32 int8 (type Q8_0)."""

    def __init__(self, values):
        blocks = np.asarray(values, np.float32).reshape(-1, QUANTISED_ROW)
        scale = np.abs(blocks).max(axis=1) / 127
        inverse = np.divide(1, scale, out=np.zeros_like(scale), where=scale > 0)
        self.shape = values.shape
        self.blocks = np.empty(len(blocks), np.dtype([("scale", "<f2"), ("q", "i1", 32)]))
        self.blocks["scale"] = scale
        self.blocks["q"] = np.rint(blocks * inverse[:, None])

    @classmethod
    def of_bytes(cls, data, shape):
        self = cls.__new__(cls)
        self.shape = shape
        self.blocks = np.frombuffer(data, np.dtype([("scale", "<f2"), ("q", "i1", 32)]))
        return self

    def values(self):
        scale = self.blocks["scale"].astype(np.float32)
        return (scale[:, None] * self.blocks["q"]).reshape(self.shape)


class _Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def number(self, dtype):
        value = np.frombuffer(self.data, dtype, 1, self.at)[0]
        self.at += value.nbytes
        return value

    def string(self):
        length = int(self.number(np.uint64))
        self.at += length
        return self.data[self.at - length:self.at].decode()

    def value(self, code):
        if code == STRING:
            return self.string()
        if code != ARRAY:
            return self.number(SCALARS[code])
        element, count = int(self.number(np.uint32)), int(self.number(np.uint64))
        if element == STRING:
            return [self.string() for _ in range(count)]
        values = np.frombuffer(self.data, SCALARS[element], count, self.at)
        self.at += values.nbytes
        return values


def read(path):
    """The metadata and the tensors of `path`."""
    with open(path, "rb") as file:
        reader = _Reader(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    magic, version, n_tensors, n_values = struct.unpack_from("<4sIQQ", reader.data, 0)
    assert magic == b"GGUF" and version == 3, f"{path} is no GGUF file of version 3"
    reader.at = 24
    metadata = {}
    for _ in range(n_values):
        key = reader.string()
        metadata[key] = reader.value(int(reader.number(np.uint32)))
    rows = []
    for _ in range(n_tensors):
        name = reader.string()
        shape = [int(reader.number(np.uint64)) for _ in range(int(reader.number(np.uint32)))][::-1]
        rows.append((name, shape, int(reader.number(np.uint32)), int(reader.number(np.uint64))))
    start = -(-reader.at // ALIGNMENT) * ALIGNMENT
    tensors = {}
    for name, shape, kind, offset in rows:
        count = int(np.prod(shape))
        if kind == Q8_0:
            size = count // QUANTISED_ROW * 34
            at = start + offset
            tensors[name] = Q8.of_bytes(reader.data[at:at + size], shape)
        else:
            dtype = {F32: np.float32, F16: np.float16}[kind]
            values = np.frombuffer(reader.data, dtype, count, start + offset)
            tensors[name] = values.reshape(shape)
    return metadata, tensors


def _string(text):
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _value(value):
    if isinstance(value, str):
        return struct.pack("<I", STRING) + _string(value)
    if isinstance(value, list) and value and isinstance(value[0], str):
        return struct.pack("<IIQ", ARRAY, STRING, len(value)) + b"".join(map(_string, value))
    if isinstance(value, bool):
        value = np.bool_(value)
    elif isinstance(value, int):
        value = np.uint32(value)
    elif isinstance(value, float):
        value = np.float32(value)
    code = NUMBERS[value.dtype]
    if value.ndim:
        return struct.pack("<IIQ", ARRAY, code, value.size) + value.tobytes()
    return struct.pack("<I", code) + value.tobytes()


def write(path, metadata, tensors):
    """Writes `path`. Python's int and float become uint32 and float32."""
    header, data, offset = [], [], 0
    for key, value in metadata.items():
        header.append(_string(key) + _value(value))
    for name, tensor in tensors.items():
        if isinstance(tensor, Q8):
            kind, payload = Q8_0, tensor.blocks.tobytes()
        else:
            kind = {"float32": F32, "float16": F16}[str(tensor.dtype)]
            payload = np.ascontiguousarray(tensor).tobytes()
        dimensions = struct.pack(f"<{len(tensor.shape)}Q", *tensor.shape[::-1])
        header.append(_string(name) + struct.pack("<I", len(tensor.shape)) + dimensions +
                      struct.pack("<IQ", kind, offset))
        padded = payload + bytes(-len(payload) % ALIGNMENT)
        data.append(padded)
        offset += len(padded)
    head = struct.pack("<4sIQQ", b"GGUF", 3, len(tensors), len(metadata)) + b"".join(header)
    with open(path, "wb") as file:
        file.write(head + bytes(-len(head) % ALIGNMENT))
        for payload in data:
            file.write(payload)
