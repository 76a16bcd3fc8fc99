# The machines that put images together.
[
  "x86_64-linux"
  "aarch64-linux"
]
