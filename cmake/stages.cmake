# Pipeline order. A stage may include the stages before it, never those after it.
set(CROSSFADE_STAGES
  core synth ingest dataset features download documents kernels backbone models training evaluation retrieval pipeline)
