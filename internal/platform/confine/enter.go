package confine

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// enter makes the place and becomes the program. It returns only when it failed.
func enter(text string, argv []string) error {
	runtime.LockOSThread() // what follows is about one thread, the one that becomes the program
	var p ordered
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return err
	}
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	if err := p.make(); err != nil {
		return err
	}
	if err := os.Chdir(dir); err != nil { // until here it was in the folder that is covered now
		return err
	}
	if err := giveUp(); err != nil {
		return err
	}
	if err := p.pass(); err != nil {
		return err
	}
	return fmt.Errorf("start %s: %w", argv[0], syscall.Exec(argv[0], argv, os.Environ())) //nolint:gosec // that is what it is for
}

// pass waits at the gate, if there is one, until who ordered the place says that the
// program may begin. It never may where that has ended meanwhile.
func (p ordered) pass() error {
	if !p.Gated {
		return nil
	}
	gate := os.NewFile(gateway, "gate")
	if n, err := gate.Read(make([]byte, 1)); n != 1 {
		return fmt.Errorf("nobody waits for the program: %w", err)
	}
	return gate.Close()
}

// tree is a part of the files of the machine, to be put back where it was.
type tree struct {
	path   string
	folder bool
	fd     int
}

// make changes what this process sees.
func (p ordered) make() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("leave the mounts of the machine: %w", err)
	}
	readable, err := take(append(p.Readable, devices()...))
	if err != nil {
		return err
	}
	writable, err := take(p.Writable)
	if err != nil {
		return err
	}
	if err := p.cover(); err != nil {
		return err
	}
	for _, t := range append(readable, writable...) {
		if err := t.spot(); err != nil {
			return fmt.Errorf("keep %s: %w", t.path, err)
		}
	}
	if err := links(); err != nil {
		return err
	}
	if err := set("/", unix.AT_FDCWD, unix.MOUNT_ATTR_RDONLY|unix.MOUNT_ATTR_NOSUID); err != nil {
		return err
	}
	for _, t := range readable {
		if err := errors.Join(set("", t.fd, unix.MOUNT_ATTR_RDONLY|unix.MOUNT_ATTR_NOSUID), t.attach()); err != nil {
			return err
		}
	}
	for _, t := range writable {
		if err := t.attach(); err != nil {
			return err
		}
	}
	return mount("tmpfs", "/dev/shm", unix.MS_NOEXEC|unix.MS_NODEV, "size=64m,mode=1777")
}

// take opens what is there of the paths.
func take(paths []string) (trees []tree, err error) {
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			continue // what is not there cannot be kept
		}
		fd, err := unix.OpenTree(unix.AT_FDCWD, path, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE)
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", path, err)
		}
		trees = append(trees, tree{path: path, folder: info.IsDir(), fd: fd})
	}
	return trees, nil
}

// cover shows folders without what is hidden, and puts empty ones, and the processes of this place, over what is hidden.
func (p ordered) cover() error {
	for _, v := range p.Views {
		if err := v.show(); err != nil {
			return fmt.Errorf("hide files of %s: %w", v.Folder, err)
		}
	}
	for _, dir := range p.Hidden {
		info, err := os.Stat(dir)
		switch {
		case err != nil: // it is hidden already
		case info.IsDir():
			err = mount("tmpfs", dir, unix.MS_NODEV, "size=1m,mode=0755")
		default:
			err = unix.Mount("/dev/null", dir, "", unix.MS_BIND, "")
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("hide %s: %w", dir, err)
		}
	}
	if err := mount("tmpfs", "/dev", unix.MS_NOEXEC, "size=1m,mode=0755"); err != nil {
		return err
	}
	if err := mount("proc", "/proc", unix.MS_NOEXEC|unix.MS_NODEV, ""); err != nil {
		return err
	}
	return p.limitTasks()
}

func mount(kind, dir string, flags uintptr, data string) error {
	if err := unix.Mount(kind, dir, kind, flags|unix.MS_NOSUID, data); err != nil {
		return fmt.Errorf("mount %s on %s: %w", kind, dir, err)
	}
	return nil
}

func set(path string, fd int, attributes uint64) error {
	flags := uint(unix.AT_RECURSIVE)
	if path == "" {
		flags |= unix.AT_EMPTY_PATH
	}
	if err := unix.MountSetattr(fd, path, flags, &unix.MountAttr{Attr_set: attributes}); err != nil {
		return fmt.Errorf("make the files read-only: %w", err)
	}
	return nil
}

// spot makes something that the tree can be put on.
func (t tree) spot() error {
	if _, err := os.Stat(t.path); err == nil {
		return nil
	}
	if t.folder {
		return os.MkdirAll(t.path, 0o755)
	}
	if err := os.MkdirAll(filepath.Dir(t.path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(t.path, nil, 0o600)
}

func (t tree) attach() error {
	if err := unix.MoveMount(t.fd, "", unix.AT_FDCWD, t.path, unix.MOVE_MOUNT_F_EMPTY_PATH); err != nil {
		return fmt.Errorf("keep %s: %w", t.path, err)
	}
	return unix.Close(t.fd)
}

// devices are the only ones there are.
func devices() []string {
	return []string{"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"}
}

func links() error {
	for path, target := range map[string]string{
		"/dev/fd": "/proc/self/fd", "/dev/stdin": "/proc/self/fd/0", "/dev/stdout": "/proc/self/fd/1", "/dev/stderr": "/proc/self/fd/2",
	} {
		if err := os.Symlink(target, path); err != nil {
			return err
		}
	}
	return os.Mkdir("/dev/shm", 0o755)
}
