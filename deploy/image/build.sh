#!/bin/sh
# Builds Rollcall from a clone into a folder: what the package on npm has, with the dependencies of the lock file.
# The Dockerfile runs it, and so does test/deploy/image.test.ts.
#
#   deploy/image/build.sh FOLDER
#
# FOLDER must not exist. Node.js 26 with npm is needed, and no compiler. Nothing is written outside of the clone
# and the folder.
set -eu

if [ $# -ne 1 ] || [ -e "$1" ]; then
  echo 'build.sh: give a folder that does not exist yet' >&2
  exit 2
fi
mkdir -p "$1"
app=$(cd "$1" && pwd)
clone=$(cd "$(dirname "$0")/../.." && pwd)

cd "$clone"
# It builds the console as well.
npm ci --no-audit --no-fund
packed=$(mktemp -d)
npm pack --pack-destination "$packed"
tar -xzf "$packed"/rollcall-*.tgz --strip-components=1 -C "$app"
rm -r "$packed"

cp package-lock.json "$app"
cd "$app"
# Without install scripts: none is needed to run Rollcall.
npm ci --omit=dev --ignore-scripts --no-audit --no-fund
# The image needs SQLite for one system only.
platform=$(node -p 'process.report.getReport().header.glibcVersionRuntime ? "linux" : "linuxmusl"')-$(node -p process.arch)
find node_modules/better-sqlite3/prebuilds -type f ! -name "$platform.node" -exec rm {} +
rm -rf node_modules/better-sqlite3/deps node_modules/better-sqlite3/src
# Others may read it; nobody may write.
chmod -R a+rX,a-w .
