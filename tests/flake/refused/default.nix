# Configurations that cannot work, and the words of the message that says so,
# the line to write among them.
import ./bridges.nix
// import ./image.nix
// import ./loaders.nix
// import ./nfs.nix
// import ./port.nix
// import ./shared.nix
// import ./store.nix
