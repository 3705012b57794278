"""The files of a checkpoint's folder, and other forms of a checkpoint: adapters, averages, unpacked int8 weights."""
