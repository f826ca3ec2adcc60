#!/bin/bash
# wine.sh FOLDER: puts a Wine of its own into FOLDER/wine and its drive C: into FOLDER/prefix, and writes FOLDER/env
# to be sourced. Nothing of the system is replaced.
#
# Debian 12's Wine 8 can't run Qt 6.8 and later, Debian 13's Wine 10 can. Its packages are only unpacked, together with
# the C library they were built for; the two programs that are started are told to use that one, so that neither
# chroot nor container is needed. FOLDER is written into them: one that was moved is made again.
set -euo pipefail

folder=$(realpath -m -- "$1")
root=$folder/wine
libraries=$root/usr/lib/x86_64-linux-gnu
dlls=$libraries/wine/x86_64-windows
recipe=$(sha256sum <"${BASH_SOURCE[0]}")

[[ $(cat "$folder/ready" 2>/dev/null || true) == "$folder $recipe" ]] && exit 0
echo "Setting up Wine in $folder (a minute) …"
rm -rf -- "$folder"
mkdir -p -- "$folder"

# The mirror this computer takes its own packages from.
site=$(apt-get indextargets --format '$(SITE)' 'Origin: Debian' 'Created-By: Packages' | grep -v security | head -n 1)
[[ -n $site ]] || site=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -v security | head -n 1)
mmdebstrap --quiet --mode=root --variant=extract \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --include=wine64,fonts-wine,libgnutls30t64,libxcursor1,libxi6,libxrandr2,libxrender1,libxfixes3,libxinerama1,libxcomposite1 \
    trixie "$root" "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $site trixie main" \
    2>"$folder/unpacking.log" || { cat "$folder/unpacking.log" >&2; exit 1; }

for program in wine64 wineserver64; do
    patchelf --set-interpreter "$libraries/ld-linux-x86-64.so.2" --force-rpath \
        --set-rpath "$libraries:$libraries/pulseaudio" "$root/usr/lib/wine/$program"
done
ln -sf wineserver64 "$root/usr/lib/wine/wineserver"
ln -sfn . "$root/usr/share/wine/wine"
# zlib1.dll comes from MinGW; libwine's own installation script marks it as Wine's, else Wine passes it over.
zlib=$root/usr/x86_64-w64-mingw32/lib/zlib1.dll
{ head -c 64 "$zlib"; printf 'Wine builtin DLL'; head -c 16 /dev/zero; tail -c +97 "$zlib"; } >"$dlls/zlib1.dll"
# Debugging symbols are most of Wine's size and make each start slower.
find "$dlls" -type f ! -name '*.msstyles' ! -name '*.tlb' -print0 |
    xargs -0 -P "$(nproc)" -n 40 x86_64-w64-mingw32-strip -S

cat >"$folder/env" <<ENV
export WINELOADER='$root/usr/lib/wine/wine64' WINESERVER='$root/usr/lib/wine/wineserver64'
export WINEPREFIX='$folder/prefix' WINEARCH=win64 WINEDEBUG=-all
export WINEDLLOVERRIDES='mscoree=;mshtml=;winemenubuilder.exe='
ENV
# shellcheck disable=SC1091 # just written
. "$folder/env"
timeout 300 xvfb-run -a "$WINELOADER" wineboot -i </dev/null >"$folder/first-start.log" 2>&1
# dnspython's resolver reads the name servers here; Wine has no such key until it is made.
timeout 60 xvfb-run -a "$WINELOADER" reg add \
    'HKLM\System\CurrentControlSet\Services\Tcpip\Parameters\Interfaces' /f </dev/null >>"$folder/first-start.log" 2>&1
timeout 60 "$WINESERVER" -w
printf '%s\n' "$folder $recipe" >"$folder/ready"
