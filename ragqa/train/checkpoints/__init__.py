"""What lies in a checkpoint's folder, and other forms of it: adapters, averages, unpacked int8 weights."""
