# shellcheck shell=bash disable=SC2154,SC2164
mkdir "${outputs[lib]}" "${outputs[doc]}" "$out"
printf 'lib\n' >"${outputs[lib]}/lib"
printf 'see %s\n' "${outputs[lib]}" >"${outputs[doc]}/doc"
ln -s "${outputs[lib]}/lib" "$out/lib"
ln -s "${outputs[doc]}/doc" "$out/doc"
