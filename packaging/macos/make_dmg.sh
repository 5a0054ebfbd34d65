#!/bin/sh
# Signs the app where an identity is given, makes the disk image, and has Apple notarise it where a profile is given.
# usage: make_dmg.sh APP VERSION OUTPUT.dmg    (SIGNING_IDENTITY and NOTARY_PROFILE are taken from the environment)
set -eu

app=$1
version=$2
image=$3
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ -n "${SIGNING_IDENTITY:-}" ]; then
    # From the inside out: every library and program first, the app that seals them last.
    find "$app/Contents" -type f \( -name '*.so' -o -name '*.dylib' -o -perm -u+x \) -print0 |
        xargs -0 codesign --force --timestamp --options runtime \
            --entitlements "$here/entitlements.plist" --sign "$SIGNING_IDENTITY"
    codesign --force --timestamp --options runtime --entitlements "$here/entitlements.plist" \
        --sign "$SIGNING_IDENTITY" "$app"
    codesign --verify --deep --strict "$app"
else
    echo "No SIGNING_IDENTITY: the app is signed for this machine alone." >&2
    codesign --force --deep --sign - "$app"
fi

cp -R "$app" "$work/"
ln -s /Applications "$work/Applications"
hdiutil create -volname "SyncSphere Desktop $version" -srcfolder "$work" -format UDZO -ov "$image"

if [ -n "${NOTARY_PROFILE:-}" ]; then
    xcrun notarytool submit "$image" --keychain-profile "$NOTARY_PROFILE" --wait
    xcrun stapler staple "$image"
fi
