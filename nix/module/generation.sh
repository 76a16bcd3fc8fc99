# shellcheck shell=bash
# The generation that the machine is in, by its command line.
set -e
generation=''
read -r line </proc/cmdline
# Its parameters are no patterns.
set -f
for parameter in $line; do
  case $parameter in
    netimage.generation=*) generation=${parameter#*=} ;;
  esac
done
