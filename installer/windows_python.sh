#!/bin/bash
# windows_python.sh FOLDER LIBRARY PYTHON REQUIREMENTS WHEELS: puts a Windows CPython 3.12.1 with the packages listed in
# the file REQUIREMENTS into FOLDER. LIBRARY is the standard library (lib/python3.12) of a CPython of this very version,
# PYTHON that interpreter; WHEELS is a folder with wheels of packages that have none of their own.
#
# python.org's own signed libraries come in the wheel of panda3d, a game engine that ships them for its users' programs.
# The two small programs around them, python.exe and the forwarder python3.dll, are compiled here.
set -euo pipefail

folder=$(realpath -m -- "$1")
library=$2
python=$3
requirements=$(realpath -- "$4")
wheels=$(realpath -- "$5")
here=$(dirname -- "$(realpath -- "${BASH_SOURCE[0]}")")
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

pip=("$python" -m pip --disable-pip-version-check --no-input -q)
windows=(--platform win_amd64 --python-version 3.12 --implementation cp --only-binary=:all:)

echo "Setting up the Windows Python in $folder (half a minute) …"
echo 'panda3d==1.10.14 --hash=sha256:a5f2defd822d38848f8ae1956115adcb6cc7f464f03a67e73681cc72df125ef4' >"$work/engine.txt"
"${pip[@]}" download --no-deps --require-hashes "${windows[@]}" -d "$work" -r "$work/engine.txt"
rm -rf -- "$folder"
mkdir -p -- "$folder/DLLs" "$folder/Lib/site-packages"
unzip -qoj "$work"/panda3d-*.whl 'deploy_libs/*' -x '*api-ms-win*' -d "$folder/DLLs"
mv -- "$folder/DLLs/python312.dll" "$folder/DLLs/VCRUNTIME140.dll" "$folder/"
tar -C "$library" -c --exclude=__pycache__ --exclude=./site-packages --exclude=./lib-dynload --exclude='./config-*' \
    --exclude=./test --exclude=./idlelib --exclude=./turtledemo --exclude=./lib2to3 --exclude='./_sysconfigdata*' . |
    tar -C "$folder/Lib" -x

"$python" "$here/forwarder.py" "$folder/python312.dll" "$work"
cd -- "$work"
cat >library.c <<'C'
int __stdcall DllMainCRTStartup(void *module, unsigned reason, void *reserved) { return 1; }
C
cat >program.c <<'C'
#include <wchar.h>
__declspec(dllimport) int Py_Main(int count, wchar_t **arguments);
int wmain(int count, wchar_t **arguments) { return Py_Main(count, arguments); }
C
compile=(x86_64-w64-mingw32-gcc -s -O1 -Wl,--no-insert-timestamp)
"${compile[@]}" -shared -nostdlib -o "$folder/python3.dll" library.c python3.def -Wl,-e,DllMainCRTStartup
x86_64-w64-mingw32-dlltool -d program.def -l libprogram.a
"${compile[@]}" -municode -o "$folder/python.exe" program.c -L. -lprogram

"${pip[@]}" install --target "$folder/Lib/site-packages" "${windows[@]}" -f "$wheels" --no-compile \
    -r "$requirements" 2>"$work/pip.log" || { cat "$work/pip.log" >&2; exit 1; }
# Compiled once here, not at each start of Python.
"$python" -m compileall -q -j0 -s "$folder" -p "Z:$folder" "$folder/Lib" >/dev/null || true
