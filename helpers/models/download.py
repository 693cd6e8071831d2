"""Download a known model from ModelScope or Hugging Face: the files that are needed, resumed, watched and verified."""
import http.client
import json
import os
import shutil
import time
import urllib.error
import urllib.request

from helpers.models.copies import check_copy, is_data, places
from helpers.models.digests import digest, remember
from helpers.models.folder import ModelFolderError
from helpers.models.transfer import PATIENCE, Failed, arrived, transfer

TIMEOUT = 10                # seconds in which a hub must say what it has
HUBS = {"modelscope": "ModelScope", "huggingface": "Hugging Face"}
REPAIR = {
    "full": "the disk that holds {place} is full. Free some space, then run this again: what has arrived is kept",
    "denied": "{place} cannot be written. Make it writable, or name another folder in {variable}, then run this again",
    "absent": '{hub} does not have it, or not without an account. Try model_dir("bge-m3", source="{other}")',
    "integrity": "what {hub} sends is not the file that it lists (a web page, a pointer, or damaged on the way). "
                 'Run this again later, or try model_dir("bge-m3", source="{other}")',
    "server": '{hub} answers with an error of its own. Run this again later, or try model_dir("bge-m3", source="{other}")',
    "network": "{hub} cannot be reached. Connect to the network, then run this again (what has arrived is kept), "
               'or try model_dir("bge-m3", source="{other}"), or unset EMBED_MODEL for the embedded model',
    "silent": "nothing has arrived from {hub} for {patience} seconds. Run this again (what has arrived is kept), "
              'or try model_dir("bge-m3", source="{other}")',
    "other": 'the download failed: {detail}. Run this again, or try model_dir("bge-m3", source="{other}")',
}


def download(known, source, trouble=None):
    """Fetch what is missing of a model from a hub and verify it: -> folder (pathlib.Path).

    `known`: the model's entry in models.json. `source`: "modelscope" or "huggingface". `trouble`: what is wrong with
    the copy that is here, for the message. Raises ModelFolderError, short, naming the file and the repair.
    """
    try:
        listed = listing(known) if source == "modelscope" else known["files"]
        if trouble:
            print(f"The copy on this machine is of no use yet: {trouble}.", flush=True)
        announce(known, source, listed)
        folder = fetch(known, source, listed)
    except Failed as failed:
        raise ModelFolderError(explain(failed, known, source, trouble)) from None
    check_copy(folder, known, listed)
    accept_other(folder, known, listed)
    return folder


def fetch(known, source, listed):
    """Transfer until every file is the one that the hub lists: -> folder.

    A client that keeps whatever file it finds under the right name gets a second chance, without that file.
    """
    for last in (False, True):
        folder = transfer(known, source, listed)
        wrong = [file for file, right in listed.items() if is_data(file) and not _same(folder / file, right)]
        if not wrong:
            return folder
        if last:
            raise Failed("integrity", wrong[0])
        for file in wrong:
            try:
                (folder / file).resolve().unlink(missing_ok=True)
            except OSError:
                raise Failed("denied", file) from None


def explain(failed, known, source, trouble):
    """The message of a Failed: what, where, and what to do, in one paragraph."""
    text = REPAIR[failed.kind].format(
        hub=f"{HUBS[source]} ({endpoint(source)})", place=places(source, known)[0], patience=PATIENCE,
        variable="MODELSCOPE_CACHE" if source == "modelscope" else "HF_HOME",
        other=next(name for name in HUBS if name != source), detail=failed.detail)
    what = f"{failed.file} of {known['modelscope_id']}" if failed.file else known["modelscope_id"]
    return f"{what}: {text}" + (f". What is on this machine is of no use yet: {trouble}" if trouble else "")


def endpoint(source):
    """The address of a hub, as its own client takes it from the environment."""
    if source == "huggingface":
        return os.environ.get("HF_ENDPOINT") or "https://huggingface.co"
    named = os.environ.get("MODELSCOPE_ENDPOINT") or os.environ.get("MODELSCOPE_DOMAIN") or "https://www.modelscope.cn"
    return (named if "://" in named else f"https://{named}").rstrip("/")


def listing(known):
    """What ModelScope has of the files that are needed: -> {file: (bytes, sha256)}."""
    url = f"{endpoint('modelscope')}/api/v1/models/{known['modelscope_id']}/repo/files?Revision=master&Recursive=True"
    try:
        rows = json.loads(_get(url))["Data"]["Files"]
        found = {row["Path"]: (row["Size"], row.get("Sha256")) for row in rows if row["Path"] in known["files"]}
    except urllib.error.HTTPError as error:
        raise Failed("absent" if error.code in (401, 403, 404) else "server") from None
    except (OSError, http.client.HTTPException):
        raise Failed("network") from None
    except (ValueError, KeyError, TypeError):
        raise Failed("integrity", "the list of files") from None    # a login page of the network, for example
    for file in known["files"]:
        if file not in found:
            raise Failed("absent", file)
    return found


def _get(url, attempts=3):
    """The body of a page. A hub that answers with an error of its own (5xx) is asked again, a second later."""
    for left in reversed(range(attempts)):
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            if error.code < 500 or not left:
                raise
            time.sleep(1)


def announce(known, source, listed):
    """Say how much will be fetched, and stop if the disk cannot hold it."""
    total = sum(size for size, _ in listed.values())
    need = total - arrived(known, source, listed)
    place = places(source, known)[0]
    disk = next(folder for folder in (place, *place.parents) if folder.is_dir())
    if shutil.disk_usage(disk).free < need:
        raise Failed("full")
    print(f"{known['modelscope_id']} from {HUBS[source]}: {total / 1e6:,.1f} MB, {need / 1e6:,.1f} MB to download",
          flush=True)


def accept_other(folder, known, listed):
    """Remember the digests that the hub vouches for where they are not the ones known here, and say so."""
    other = [file for file, (_, sha) in known["files"].items() if is_data(file) and digest(folder / file) != sha]
    for file in other:
        remember("listed", listed[file][1], [file, listed[file][0]])
    if other:
        print(f"Note: the hub serves another revision of {known['modelscope_id']} than the one whose figures are known "
              f"here ({', '.join(other)}): vectors may differ from the published ones.", flush=True)


def _same(path, right):
    """Is a file what the hub lists? One whose digest it does not list is held to the known one later."""
    return path.is_file() and path.stat().st_size == right[0] and right[1] in (None, digest(path))
