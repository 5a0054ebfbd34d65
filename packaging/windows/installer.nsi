; The installer for Windows: for one user, without an administrator's rights.
; makensis -DVERSION=1.2.3 -DPROGRAM_FOLDER=dist\syncsphere-desktop -DICON=... -DOUTPUT=... installer.nsi
; Silent: installer.exe /S [/D=C:\some\folder]; silent removal: uninstall.exe /S

Unicode true
ManifestDPIAware true
RequestExecutionLevel user
SetCompressor /SOLID lzma
SetDateSave off

!include "MUI2.nsh"
!include "FileFunc.nsh"

!define TITLE "SyncSphere Desktop"
!define PROGRAM "syncsphere-desktop"
!define PUBLISHER "The SyncSphere Desktop developers"
!define UNINSTALL_KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\${PROGRAM}"
!define TYPE_KEY "Software\Classes\SyncSphere.Bundle"

Name "${TITLE}"
OutFile "${OUTPUT}"
InstallDir "$LOCALAPPDATA\Programs\${TITLE}"
InstallDirRegKey HKCU "Software\${TITLE}" "InstallFolder"
ShowInstDetails nevershow
ShowUninstDetails nevershow
VIProductVersion "${VERSION}.0"
VIAddVersionKey "ProductName" "${TITLE}"
VIAddVersionKey "FileDescription" "${TITLE} installer"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "LegalCopyright" "GPL-3.0-or-later"

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_ABORTWARNING
!define MUI_FINISHPAGE_RUN "$INSTDIR\${WINDOW_PROGRAM}"
!define MUI_FINISHPAGE_RUN_TEXT "Open ${TITLE}"
!insertmacro MUI_PAGE_LICENSE "${LICENCE}"
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

; A running program holds its own file open: only then can't it be renamed onto itself.
!macro RefuseWhileRunning PREFIX
Function ${PREFIX}RefuseWhileRunning
  again:
  IfFileExists "$INSTDIR\${WINDOW_PROGRAM}" 0 done
  ClearErrors
  FileOpen $0 "$INSTDIR\${WINDOW_PROGRAM}" a
  IfErrors running
  FileClose $0
  Goto done
  running:
  IfSilent 0 ask
  SetErrorLevel 5
  Abort
  ask:
  MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "${TITLE} is running. Close it, then try again." IDRETRY again
  Abort
  done:
FunctionEnd
!macroend
!insertmacro RefuseWhileRunning ""
!insertmacro RefuseWhileRunning "un."

Section "${TITLE}"
  Call RefuseWhileRunning
  ; A newer version has other files: those of the older one go, and only what the older one installed.
  RMDir /r "$INSTDIR\_internal"
  SetOutPath "$INSTDIR"
  File /r "${PROGRAM_FOLDER}/*"
  WriteUninstaller "$INSTDIR\uninstall.exe"

  CreateDirectory "$SMPROGRAMS\${TITLE}"
  CreateShortcut "$SMPROGRAMS\${TITLE}\${TITLE}.lnk" "$INSTDIR\${WINDOW_PROGRAM}"
  CreateShortcut "$SMPROGRAMS\${TITLE}\Remove ${TITLE}.lnk" "$INSTDIR\uninstall.exe"

  WriteRegStr HKCU "Software\${TITLE}" "InstallFolder" "$INSTDIR"
  WriteRegStr HKCU "${TYPE_KEY}" "" "openDAW project bundle"
  WriteRegStr HKCU "${TYPE_KEY}\DefaultIcon" "" "$INSTDIR\${WINDOW_PROGRAM},0"
  WriteRegStr HKCU "${TYPE_KEY}\shell\open\command" "" '"$INSTDIR\${WINDOW_PROGRAM}" "%1"'
  WriteRegStr HKCU "Software\Classes\.odb\OpenWithProgids" "SyncSphere.Bundle" ""

  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayName" "${TITLE}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "Publisher" "${PUBLISHER}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayIcon" "$INSTDIR\${WINDOW_PROGRAM}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL_KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "EstimatedSize" $0
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "NoRepair" 1
  ${RefreshShellIcons}
SectionEnd

; Settings, the local studio and logs are in the user's own folders, and stay.
Section "Uninstall"
  Call un.RefuseWhileRunning
  RMDir /r "$INSTDIR\_internal"
  Delete "$INSTDIR\${PROGRAM}.exe"
  Delete "$INSTDIR\${WINDOW_PROGRAM}"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\${TITLE}\${TITLE}.lnk"
  Delete "$SMPROGRAMS\${TITLE}\Remove ${TITLE}.lnk"
  RMDir "$SMPROGRAMS\${TITLE}"
  DeleteRegValue HKCU "Software\Classes\.odb\OpenWithProgids" "SyncSphere.Bundle"
  DeleteRegKey HKCU "${TYPE_KEY}"
  DeleteRegKey HKCU "${UNINSTALL_KEY}"
  DeleteRegKey HKCU "Software\${TITLE}"
  ${RefreshShellIcons}
SectionEnd
