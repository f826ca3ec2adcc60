; The installer for those who want one: for this user only, no administrator, around the very same Sendproof.exe.
; Called by installer/build.py with VERSION, NUMBERS (of four), SOURCE (a folder), ICON and OUTPUT.
; Silent: Sendproof-Setup.exe /S [/D=C:\folder], and uninstall.exe /S.
Unicode true
Target amd64-unicode
ManifestDPIAware true
ManifestSupportedOS Win10
RequestExecutionLevel user
SetCompressor zlib ; what is inside is compressed already

Name "Sendproof"
OutFile "${OUTPUT}"
InstallDir "$LOCALAPPDATA\Programs\Sendproof"
InstallDirRegKey HKCU "Software\Sendproof" "Folder"
Icon "${ICON}"
UninstallIcon "${ICON}"
BrandingText "Sendproof ${VERSION}"
VIProductVersion "${NUMBERS}"
VIAddVersionKey "ProductName" "Sendproof"
VIAddVersionKey "CompanyName" "Sendproof"
VIAddVersionKey "FileDescription" "Sendproof setup"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "LegalCopyright" "The Sendproof contributors, MIT licence"

!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Sendproof"

Page directory
Page instfiles
UninstPage uninstConfirm
UninstPage instfiles

Section "Sendproof"
  SetOutPath "$INSTDIR"
  ClearErrors
  File "${SOURCE}\Sendproof.exe"
  IfErrors 0 +3
    SetErrorLevel 2 ; it runs, perhaps: its file can't be replaced
    Abort "Sendproof.exe could not be written. Is Sendproof open?"
  File "${SOURCE}\LICENSE.txt"
  File "${SOURCE}\THIRD-PARTY-LICENCES.txt"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateShortCut "$SMPROGRAMS\Sendproof.lnk" "$INSTDIR\Sendproof.exe"
  WriteRegStr HKCU "Software\Sendproof" "Folder" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "Sendproof"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\Sendproof.exe"
  WriteRegStr HKCU "${UNINSTALL}" "Publisher" "Sendproof"
  WriteRegStr HKCU "${UNINSTALL}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1
  SectionGetSize 0 $0
  WriteRegDWORD HKCU "${UNINSTALL}" "EstimatedSize" $0
SectionEnd

Section "Uninstall"
  ; Only what was installed: the folder may hold files of the user's, and settings stay in the profile.
  ClearErrors
  Delete "$INSTDIR\Sendproof.exe"
  IfErrors 0 +3
    SetErrorLevel 2
    Abort "Sendproof.exe could not be removed. Is Sendproof open?"
  Delete "$INSTDIR\LICENSE.txt"
  Delete "$INSTDIR\THIRD-PARTY-LICENCES.txt"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\Sendproof.lnk"
  DeleteRegKey HKCU "${UNINSTALL}"
  DeleteRegKey HKCU "Software\Sendproof"
SectionEnd
