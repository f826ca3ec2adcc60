@echo off
rem One entry for everybody who works on Sendproof, on Windows. On Linux: dev.
setlocal EnableExtensions DisableDelayedExpansion
set "root=%~dp0"
set "venv=%root%.venv"
set "python=%venv%\Scripts\python.exe"
set "stamp=%venv%\sendproof-setup.txt"
set "location=%venv%\sendproof-location.txt"

rem The arguments are kept as they were typed: shift would cut them at each "=" and ",".
set all=%*
set "command=%~1"
set "second=%~2"
if "%command%"=="run" goto run
if "%command%"=="setup" goto setup
if "%command%"=="test" goto test
if "%command%"=="lint" goto lint
if "%command%"=="bench" goto bench
if "%command%"=="exe" goto exe
if "%command%"=="screenshots" goto screenshots
goto usage

:usage
>&2 echo Usage: dev COMMAND [arguments]
>&2 echo.
>&2 echo   run                  open the window
>&2 echo   run ARGUMENTS        run the program in the terminal, for example: dev run check --practice spamhaus-block
>&2 echo   setup                only set up what is missing: .venv and the pinned packages
>&2 echo   test [ARGUMENTS]     run the tests; arguments go to pytest
>&2 echo   lint                 ruff (lint and format check) and mypy
>&2 echo   bench                run the benchmarks and print a table
>&2 echo   exe [--no-figures]   build Sendproof.exe and what goes with it into dist\, and prove it
>&2 echo   screenshots [--all]  take the README's pictures of the window, or with --all one of every state into build
exit /b 2

:run
call :set_up || exit /b 1
setlocal EnableDelayedExpansion
if "!second!"=="" (
    "!python!" -P -m gui
) else (
    "!venv!\Scripts\sendproof.exe" !all:*run=!
)
exit /b %ERRORLEVEL%

:setup
call :set_up || exit /b 1
exit /b 0

:test
call :set_up || exit /b 1
cd /d "%root%"
if not defined QT_QPA_PLATFORM set "QT_QPA_PLATFORM=offscreen"
setlocal EnableDelayedExpansion
rem The whole suite uses all cores; a chosen part runs in one process, where -s, --pdb and -x do what they say.
if "!second!"=="" (
    "!python!" -m pytest -n auto --dist loadfile
) else (
    "!python!" -m pytest !all:*test=!
)
exit /b %ERRORLEVEL%

:lint
call :set_up || exit /b 1
cd /d "%root%"
set "status=0"
"%venv%\Scripts\ruff.exe" check . || set "status=1"
"%venv%\Scripts\ruff.exe" format --check . || set "status=1"
"%python%" -m mypy || set "status=1"
exit /b %status%

:bench
call :set_up || exit /b 1
cd /d "%root%"
setlocal EnableDelayedExpansion
"!python!" -m tests.bench !all:*bench=!
exit /b %ERRORLEVEL%

:exe
call :set_up || exit /b 1
cd /d "%root%"
setlocal EnableDelayedExpansion
"!python!" -m installer.build !all:*exe=!
exit /b %ERRORLEVEL%

:screenshots
call :set_up || exit /b 1
cd /d "%root%"
setlocal EnableDelayedExpansion
"!python!" -m tests.screenshots !all:*screenshots=!
exit /b %ERRORLEVEL%

rem Set up .venv unless its stamp says that it was made from these very files at this very place.
:set_up
if not exist "%python%" goto set_up_now
if not exist "%venv%\Scripts\sendproof.exe" goto set_up_now
if not exist "%stamp%" goto set_up_now
fc /b "%root%pyproject.toml" "%stamp%" >nul 2>&1 || goto set_up_now
set here=""
set /p here=<"%location%"
if not %here%=="%root%" goto set_up_now
exit /b 0

:set_up_now
if exist "%stamp%" del /q "%stamp%"
"%python%" -c "import sys, pip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))" >nul 2>&1 && goto set_up_packages
call :find_python || exit /b 1
if exist "%venv%" rmdir /s /q "%venv%"
%base% -m venv "%venv%"
if errorlevel 1 (
    >&2 echo The environment .venv could not be made.
    exit /b 1
)

:set_up_packages
>&2 echo Installing the pinned packages into .venv ^(some minutes the first time^) ...
pushd "%root%"
"%python%" -m pip -qq --no-input --disable-pip-version-check install -e .[dev] 1>&2
if errorlevel 1 (
    popd
    >&2 echo The packages could not be installed; what pip said stands above. Deleting .venv and trying again may help.
    exit /b 1
)
popd
>"%location%" echo "%root%"
copy /y "%root%pyproject.toml" "%stamp%" >nul
exit /b 0

rem PySide6 6.9 has no build for Python 3.14. The launcher py comes with python.org's installer.
:find_python
for %%P in ("py -3.13" "py -3.12" "py -3.11" "python") do (
    %%~P -c "import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))" >nul 2>&1 && (
        set "base=%%~P"
        exit /b 0
    )
)
>&2 echo No Python 3.11, 3.12 or 3.13 was found; please install one from python.org, then try again.
exit /b 1
