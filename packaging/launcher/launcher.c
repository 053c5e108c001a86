/* The front of the one file `k3s`: this program, and behind it a compressed payload (packaging/dist/archive.py).
 *
 * At each start it reads the trailer at the end of its own file, makes sure that the payload lies unpacked in
 * <data-dir>/data/<hash>, and becomes the Python in there. Unpacking goes to a folder of another name that is renamed
 * once everything is on the disk, under a lock: a folder named <hash> is complete.
 *
 * Dynamic programs of the payload name their loader by an absolute path, which is not known before now: the build left
 * room for it in each of them, and unpacking fills it in. `.home` in a folder remembers that path, so that a data
 * directory that was moved is unpacked again.
 *
 * Whoever runs from a folder holds a shared lock on it; folders of older versions are removed when nobody does, except
 * `previous`. Linked statically: needs nothing of the host but /proc. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <zstd.h>

#define MAGIC "k3s-bundle-1\n\0\0\0"
#define DEFAULT_DATA_DIR "/var/lib/rancher/k3s"
#define DEFAULT_CONFIG "/etc/rancher/k3s/config.yaml"
#define HASH_LENGTH 64
#define CHUNK (256 * 1024)
#define ROOM_TO_SPARE (8 << 20) /* directories and file system overhead of the unpacked files */

/* Little endian, as the build writes them: only for architectures of that kind. */
struct trailer {
    char magic[16];
    uint64_t payload_size;  /* bytes right before the trailer */
    uint64_t unpacked_size; /* room the files need on the disk */
    uint64_t loader_room;   /* bytes for the loader's path, its NUL included */
    char hash[HASH_LENGTH];
};

/* Before each file's name and content. The last one has no name. */
struct entry {
    uint32_t mode;
    uint32_t name_length;
    uint64_t size;
    uint64_t loader_offset; /* where the loader's path goes; 0: nowhere */
};

struct stream {
    int file;
    uint64_t left; /* compressed bytes not read yet */
    ZSTD_DCtx *context;
    ZSTD_inBuffer in;
    size_t state; /* 0 at the end of a frame */
    char buffer[CHUNK];
};

static const char *self = "/proc/self/exe";
static char *unfinished; /* a folder to take away again on failure */

static void remove_tree(const char *path);

__attribute__((format(printf, 1, 2), noreturn)) static void fail(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    fputs("k3s: ", stderr);
    vfprintf(stderr, format, values);
    fputc('\n', stderr);
    if (unfinished)
        remove_tree(unfinished);
    exit(1);
}

__attribute__((format(printf, 1, 2))) static char *text(const char *format, ...)
{
    char *made;
    va_list values;
    va_start(values, format);
    if (vasprintf(&made, format, values) < 0)
        fail("out of memory");
    return made;
}

__attribute__((noreturn)) static void fail_writing(const char *path)
{
    int code = errno;
    if (code == ENOSPC || code == EDQUOT)
        fail("cannot write %s: the disk is full: free some space, or choose another place with --data-dir", path);
    fail("cannot write %s: %s: choose another place with --data-dir", path, strerror(code));
}

__attribute__((noreturn)) static void fail_damaged(const char *what)
{
    fail("this file is damaged (%s): copy or download it again", what);
}

/* ---- the payload ---------------------------------------------------------------------------------------------- */

static struct trailer read_trailer(int file)
{
    struct trailer found;
    off_t size = lseek(file, 0, SEEK_END);
    off_t start = size - (off_t)sizeof found;
    if (start < 0 || pread(file, &found, sizeof found, start) != sizeof found || memcmp(found.magic, MAGIC, 16))
        fail_damaged("its end is missing");
    if (found.payload_size > (uint64_t)start || strspn(found.hash, "0123456789abcdef") < HASH_LENGTH)
        fail_damaged("its trailer is wrong");
    lseek(file, start - (off_t)found.payload_size, SEEK_SET);
    return found;
}

/* Up to `size` bytes; fewer only where the payload ends. */
static size_t take(struct stream *stream, void *to, size_t size)
{
    ZSTD_outBuffer out = {to, size, 0};
    while (out.pos < size) {
        if (stream->in.pos == stream->in.size) {
            size_t wanted = stream->left < CHUNK ? stream->left : CHUNK;
            ssize_t got = wanted ? read(stream->file, stream->buffer, wanted) : 0;
            if (got < 0)
                fail("cannot read %s: %s", self, strerror(errno));
            stream->in = (ZSTD_inBuffer){stream->buffer, (size_t)got, 0};
            stream->left -= (size_t)got;
        }
        size_t before = out.pos;
        bool over = stream->in.size == 0;
        if (over && stream->state == 0)
            break;
        stream->state = ZSTD_decompressStream(stream->context, &out, &stream->in);
        if (ZSTD_isError(stream->state))
            fail_damaged(ZSTD_getErrorName(stream->state));
        if (over && out.pos == before)
            fail_damaged("its payload is cut off");
    }
    return out.pos;
}

static void take_all(struct stream *stream, void *to, size_t size)
{
    if (take(stream, to, size) != size)
        fail_damaged("its payload ends early");
}

static void write_all(int file, const void *data, size_t size, const char *path)
{
    const char *from = data;
    while (size) {
        ssize_t written = write(file, from, size);
        if (written < 0)
            fail_writing(path);
        from += written;
        size -= (size_t)written;
    }
}

static void unpack_file(struct stream *stream, const struct entry *entry, const char *path, const char *loader,
                        size_t loader_room)
{
    static char buffer[CHUNK];
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, entry->mode & 0777);
    if (file < 0)
        fail_writing(path);
    for (uint64_t left = entry->size; left;) {
        size_t part = left < CHUNK ? left : CHUNK;
        take_all(stream, buffer, part);
        write_all(file, buffer, part, path);
        left -= part;
    }
    if (entry->loader_offset) {
        char *room = calloc(1, loader_room);
        strcpy(room, loader);
        if (pwrite(file, room, loader_room, (off_t)entry->loader_offset) != (ssize_t)loader_room)
            fail_writing(path);
        free(room);
    }
    if (fchmod(file, entry->mode & 0777) || close(file))
        fail_writing(path);
}

static bool unpack_next(struct stream *stream, const char *folder, const char *loader, size_t loader_room)
{
    struct entry entry;
    char name[PATH_MAX], target[PATH_MAX];
    take_all(stream, &entry, sizeof entry);
    if (!entry.name_length)
        return false;
    if (entry.name_length >= sizeof name || (S_ISLNK(entry.mode) && entry.size >= sizeof target))
        fail_damaged("a name is too long");
    take_all(stream, name, entry.name_length);
    name[entry.name_length] = 0;
    if (name[0] == '/' || strstr(name, ".."))
        fail_damaged("a name leads out of its folder");
    char *path = text("%s/%s", folder, name);
    if (S_ISDIR(entry.mode)) {
        if (mkdir(path, 0755))
            fail_writing(path);
    } else if (S_ISLNK(entry.mode)) {
        take_all(stream, target, entry.size);
        target[entry.size] = 0;
        if (symlink(target, path))
            fail_writing(path);
    } else {
        unpack_file(stream, &entry, path, loader, loader_room);
    }
    free(path);
    return true;
}

/* All files into `folder`, made for a life as `home`. */
static void unpack(int file, const struct trailer *trailer, const char *folder, const char *home)
{
    struct stream *stream = calloc(1, sizeof *stream);
    char *loader = text("%s/lib/ld.so", home);
    if (strlen(loader) >= trailer->loader_room)
        fail("the path of the data directory is too long: choose another with --data-dir");
    stream->file = file;
    stream->left = trailer->payload_size;
    stream->context = ZSTD_createDCtx();
    stream->state = 1;
    if (mkdir(folder, 0755))
        fail_writing(folder);
    while (unpack_next(stream, folder, loader, trailer->loader_room))
        ;
    if (take(stream, &(char){0}, 1)) /* this also has the last checksum looked at */
        fail_damaged("something follows its payload");
    char *mark = text("%s/.home", folder);
    if (symlink(home, mark))
        fail_writing(mark);
    ZSTD_freeDCtx(stream->context);
    free(stream);
}

/* ---- folders -------------------------------------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *facts, int kind, struct FTW *position)
{
    (void)facts, (void)kind, (void)position;
    return remove(path);
}

static void remove_tree(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void make_folders(const char *path)
{
    char *part = text("%s", path);
    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(part, 0755); /* that it could not be made shows at the last one */
        *slash = '/';
    }
    if (mkdir(part, 0755) && errno != EEXIST)
        fail_writing(path);
    free(part);
}

/* Whether `home` is there, complete, and was unpacked for this very path. */
static bool is_unpacked(const char *home)
{
    struct stat here, meant;
    char *mark = text("%s/.home", home);
    bool found = !stat(home, &here) && !stat(mark, &meant) && here.st_dev == meant.st_dev && here.st_ino == meant.st_ino;
    free(mark);
    return found;
}

static bool points_to(const char *link, const char *wanted)
{
    char target[PATH_MAX];
    ssize_t length = readlink(link, target, sizeof target - 1);
    return length >= 0 && (size_t)length == strlen(wanted) && !memcmp(target, wanted, (size_t)length);
}

static void point(const char *link, const char *target)
{
    char *fresh = text("%s.new", link);
    unlink(fresh);
    if (symlink(target, fresh) || rename(fresh, link))
        fail_writing(link);
    free(fresh);
}

/* What nobody runs from and neither `current` nor `previous` names, and what an interrupted start left. */
static void remove_old(const char *folder)
{
    DIR *all = opendir(folder);
    char *current = text("%s/current", folder), *previous = text("%s/previous", folder);
    for (struct dirent *each; all && (each = readdir(all));) {
        const char *name = each->d_name;
        if (strspn(name, "0123456789abcdef") < HASH_LENGTH || points_to(current, name) || points_to(previous, name))
            continue;
        char *path = text("%s/%s", folder, name);
        int held = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (held >= 0 && !flock(held, LOCK_EX | LOCK_NB))
            remove_tree(path);
        if (held >= 0)
            close(held);
        free(path);
    }
    if (all)
        closedir(all);
    free(current), free(previous);
}

/* Make this version the current one of the data directory, unpacking it if need be. */
static void install(int file, const struct trailer *trailer, const char *folder, const char *home, const char *hash)
{
    char *current = text("%s/current", folder);
    if (is_unpacked(home) && (points_to(current, hash) || access(folder, W_OK)))
        return;
    make_folders(folder);
    struct statvfs room;
    if (statvfs(folder, &room))
        fail_writing(folder);
    if (room.f_flag & ST_NOEXEC)
        fail("cannot run programs from %s: it is mounted noexec: choose another place with --data-dir", folder);
    char *lock_path = text("%s/.lock", folder);
    int lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0 || flock(lock, LOCK_EX))
        fail_writing(lock_path);
    if (!is_unpacked(home)) {
        char *fresh = text("%s.new", home), *stale = text("%s.old", home);
        remove_tree(fresh);
        if ((uint64_t)room.f_bavail * room.f_frsize < trailer->unpacked_size + ROOM_TO_SPARE)
            fail("too little room in %s: %llu MiB are needed: free some space, or choose another place with --data-dir",
                 folder, (unsigned long long)(trailer->unpacked_size + ROOM_TO_SPARE) >> 20);
        unfinished = fresh;
        unpack(file, trailer, fresh, home);
        int opened = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (opened < 0 || syncfs(opened))
            fail_writing(fresh);
        rename(home, stale); /* one that was moved here from elsewhere, if any */
        if (rename(fresh, home) || fsync(opened))
            fail_writing(home);
        close(opened);
        unfinished = NULL;
    }
    char before[PATH_MAX];
    ssize_t length = readlink(current, before, sizeof before - 1);
    if (length > 0 && !points_to(current, hash)) {
        before[length] = 0;
        char *previous = text("%s/previous", folder);
        point(previous, before);
        free(previous);
    }
    point(current, hash);
    remove_old(folder);
    close(lock);
}

/* ---- which data directory ------------------------------------------------------------------------------------- */

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* These hand their arguments on to programs with flags of their own. */
static bool passes_arguments_on(const char *word)
{
    return !strcmp(word, "kubectl") || !strcmp(word, "ctr") || !strcmp(word, "crictl");
}

/* The last value given to a flag by its long or short name, with one or two dashes. */
static const char *flag(int count, char **words, const char *name, const char *letter)
{
    const char *value = NULL;
    if (passes_arguments_on(last_part(words[0])) || (count > 1 && passes_arguments_on(words[1])))
        return NULL;
    for (int i = 1; i < count; i++) {
        const char *word = words[i];
        if (word[0] != '-')
            continue;
        word += strspn(word, "-");
        size_t length = strcspn(word, "=");
        bool meant = (length == strlen(name) && !strncmp(word, name, length)) ||
                     (length == strlen(letter) && !strncmp(word, letter, length));
        if (meant && word[length])
            value = word + length + 1;
        else if (meant && i + 1 < count)
            value = words[++i];
    }
    return value;
}

static const char *set_in_environment(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

/* A top-level `data-dir:` of a YAML file, plain or in quotes. */
static const char *from_file(const char *path, const char *otherwise)
{
    FILE *file = fopen(path, "re");
    char *line = NULL, value[PATH_MAX], quote;
    size_t size = 0;
    while (file && getline(&line, &size, file) > 0) {
        const char *key = line + strspn(line, "'\""), *rest = key + strlen("data-dir");
        if (strncmp(key, "data-dir", strlen("data-dir")))
            continue;
        rest += strspn(rest, "'\"");
        if (sscanf(rest, " : %c", &quote) != 1)
            continue;
        const char *form = quote == '"' ? " : \"%4095[^\"\n]" : quote == '\'' ? " : '%4095[^'\n]" : " : %4095[^ \t#\n]";
        if (sscanf(rest, form, value) == 1)
            otherwise = text("%s", value);
    }
    if (file)
        fclose(file);
    free(line);
    return otherwise;
}

static const char *from_config(int count, char **words)
{
    const char *path = flag(count, words, "config", "c");
    if (!path)
        path = set_in_environment("K3S_CONFIG_FILE");
    if (!path)
        path = DEFAULT_CONFIG;
    const char *found = from_file(path, NULL);
    glob_t drop_ins;
    char *pattern = text("%s.d/*.y*ml", path);
    if (!glob(pattern, 0, NULL, &drop_ins)) { /* sorted */
        for (size_t i = 0; i < drop_ins.gl_pathc; i++)
            found = from_file(drop_ins.gl_pathv[i], found);
        globfree(&drop_ins);
    }
    free(pattern);
    return found;
}

static char *absolute(const char *path)
{
    char here[PATH_MAX];
    if (path[0] == '/')
        return text("%s", path);
    if (!getcwd(here, sizeof here))
        fail("cannot tell which folder this is: %s", strerror(errno));
    return text("%s/%s", here, path);
}

/* The folder of unpacked versions. Who may not write the usual one uses what is unpacked there, or has one at home. */
static char *versions_folder(int count, char **words, const char *hash)
{
    const char *asked = flag(count, words, "data-dir", "d");
    if (!asked)
        asked = set_in_environment("K3S_DATA_DIR");
    if (asked)
        return text("%s/data", absolute(asked));
    const char *usual = from_config(count, words);
    char *folder = text("%s/data", absolute(usual ? usual : DEFAULT_DATA_DIR));
    const char *home = set_in_environment("HOME");
    if (geteuid() == 0 || is_unpacked(text("%s/%s", folder, hash)))
        return folder;
    if (!home)
        fail("there is no place to unpack to: set K3S_DATA_DIR to a folder that you may write");
    return text("%s/.rancher/k3s/data", home);
}

/* ---- becoming Python ------------------------------------------------------------------------------------------ */

/* Programs are looked for in the bundle first. By way of `current` where that is ours: pods outlive upgrades, and what
 * their shims call must still be there then. */
static void set_path(const char *folder, const char *home, const char *hash)
{
    char *current = text("%s/current", folder);
    const char *before = set_in_environment("PATH");
    const char *bundle = points_to(current, hash) ? current : home;
    char *path = text("%s/bin:%s", bundle, before ? before : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    if (setenv("PATH", path, 1))
        fail("out of memory");
}

__attribute__((noreturn)) static void become(const char *home, int count, char **words)
{
    char *python = text("%s/bin/python3", home);
    char *fixed[] = {python, "-I", "-S", "-X", "utf8", text("%s/app/start.pyc", home)};
    size_t first = sizeof fixed / sizeof *fixed;
    char **all = calloc(first + (size_t)count + 1, sizeof *all);
    memcpy(all, fixed, sizeof fixed);
    memcpy(all + first, words, (size_t)count * sizeof *words);
    execv(python, all);
    fail("cannot run %s: %s", python, strerror(errno));
}

/* The path of a command that was found on the PATH, of which words[0] is the name alone: who looks for another kubectl
 * must know which one is this. */
static void name_fully(char **words)
{
    const char *path = (const char *)getauxval(AT_EXECFN);
    if (path && !strchr(words[0], '/') && !strcmp(last_part(path), words[0]))
        words[0] = text("%s", path);
}

int main(int count, char **words)
{
    if (!count)
        fail("started without a name");
    name_fully(words);
    int file = open(self, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        fail("cannot read %s: %s: is /proc mounted?", self, strerror(errno));
    struct trailer trailer = read_trailer(file);
    char *hash = text("%.*s", HASH_LENGTH, trailer.hash);
    char *folder = versions_folder(count, words, hash);
    char *home = text("%s/%s", folder, hash);
    install(file, &trailer, folder, home, hash);
    int held = open(home, O_RDONLY | O_DIRECTORY); /* stays open as long as what runs from there */
    if (held < 0 || flock(held, LOCK_SH))
        fail("cannot use %s: %s", home, strerror(errno));
    set_path(folder, home, hash);
    become(home, count, words);
}
