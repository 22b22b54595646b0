#!/usr/bin/env bash
# Makes the images of all functions, of the object store and of the empty function that measurements are held against.
#   images.sh             with docker or podman, as dev.local/perigee-NAME:$TAG; without one, only what goes into them
#   LAB=folder images.sh  with that lab's own tools, into its containerd
# The tag is taken from what is inside, so that the same build is the same image, and bin/images/tag keeps it.
set -euo pipefail
cd "$(dirname "$0")/../.."
GO=${GO:-go}
MOST=$((25 * 1000 * 1000)) # bytes of a static function's image, as it is pulled

static=$(for main in functions/*/main.go; do name=$(basename "$(dirname "$main")"); [ "$name" = render ] || echo "$name"; done)
mkdir -p bin/images
build() { CGO_ENABLED=$3 $GO build -trimpath -ldflags='-s -w' -o "bin/images/$1/app" "$2"; }
for name in $static; do build "$name" "./functions/$name" 0; done
build render ./functions/render 1
build local-runner ./local-runner 0
build empty ./test/empty 0

for name in $static local-runner empty; do
  files=bin/images/$name/files
  rm -rf "$files" && mkdir -p "$files/etc/ssl/certs"
  cp -L /etc/ssl/certs/ca-certificates.crt "$files/etc/ssl/certs/"
  mkdir -p "$files/tmp" && chmod 1777 "$files/tmp"
done
mkdir -p bin/images/viewer/files/usr/share/javascript/leaflet/images
cp -L /usr/share/javascript/leaflet/leaflet.js /usr/share/javascript/leaflet/leaflet.css bin/images/viewer/files/usr/share/javascript/leaflet/
cp -L /usr/share/javascript/leaflet/images/*.png bin/images/viewer/files/usr/share/javascript/leaflet/images/

too_large=0
for name in $static; do
  size=$(tar -C "bin/images/$name" -cz app files | wc -c)
  printf '  %-14s %5.1f MB pulled, %5.1f MB unpacked\n' "$name" "$(echo "$size / 1000000" | awk '{print $1 / $3}')" "$(du -sb "bin/images/$name" | awk '{print $1 / 1000000}')"
  [ "$size" -le "$MOST" ] || { echo "  $name is larger than $MOST bytes" >&2; too_large=1; }
done
[ "$too_large" = 0 ]

TAG=${TAG:-$(cat bin/images/*/app | sha256sum | cut -c1-12)}
echo "$TAG" >bin/images/tag

if [ -n "${LAB:-}" ]; then
  . "$LAB/env.sh"
  for name in $static local-runner empty; do
    "$LAB/load-image.sh" --bin "dev.local/perigee-$name:$TAG" "bin/images/$name/app" "bin/images/$name/files" >/dev/null 2>&1
  done
  if [ ! -e bin/images/render/root/app ] || ! cmp -s bin/images/render/app bin/images/render/root/app; then
    "$LAB/rootfs.sh" bin/images/render/root bin/images/render/app /usr/share/gdal /usr/share/proj
  fi
  "$LAB/load-image.sh" "dev.local/perigee-render:$TAG" bin/images/render/root /app >/dev/null 2>&1
  echo "The images are in the lab, with the tag $TAG."
  exit
fi
engine=${ENGINE:-$(command -v docker || command -v podman || true)}
if [ -z "$engine" ] || ! "$engine" info >/dev/null 2>&1; then
  echo "What goes into the images is in bin/images; neither docker nor podman answers, so that no image was made." >&2
  exit
fi
for name in $static local-runner empty; do
  "$engine" build -q -f manifests/images/static.Dockerfile -t "dev.local/perigee-$name:$TAG" "bin/images/$name" >/dev/null
done
"$engine" build -q -f manifests/images/render.Dockerfile -t "dev.local/perigee-render:$TAG" bin/images/render >/dev/null
echo "The images are made, with the tag $TAG."
