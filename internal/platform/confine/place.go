package confine

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync/atomic"
	"syscall"
)

// Place is what a program sees of the machine: every file as it is and none to
// be written, save what is said here. It is alone with what it starts; when it
// ends, the kernel ends all of that.
type Place struct {
	// Helper is the program that makes the place, which calls Enter in its main
	// function. A small one starts sooner; "" is this program.
	Helper string `json:"-"`
	// Hidden are files and folders in whose place there are empty ones, or none. What
	// takes the place of a hidden file meanwhile is hidden, too, where its folder can be
	// shown as it was at the begin: not in those at the top of the machine, in those with
	// many files, and where a file beside it, or the folder, is in Readable.
	Hidden []string
	// Readable are files and folders that stay where they are beneath hidden ones.
	Readable []string
	// Writable are folders that may be written, beneath hidden ones too.
	Writable []string
	// Processes is how many processes there may be at once; 0 is no bound. Who measures
	// the place ends it when there are more, and the kernel refuses many times as many.
	Processes int
	// gated has the program wait at a gate.
	gated bool
}

const (
	// name is what a program is called as a helper.
	name = "terrace-confine"
	// failed is the helper's exit status when it could not make the place.
	failed = 125
)

// able says that this program is its own helper: its main function has called Enter.
var able atomic.Bool //nolint:gochecknoglobals // a fact about the process

// Enter is the first thing in the main function of a helper, and of a program
// that is its own: as a helper it goes no further than this.
func Enter() {
	if len(os.Args) == 1 && os.Args[0] == spawns {
		if err := spawn(); err != nil {
			os.Exit(failed) // the parent finds out
		}
		os.Exit(0)
	}
	if os.Args[0] != name || len(os.Args) < 3 {
		able.Store(true)
		return
	}
	fmt.Fprintf(os.Stderr, "the isolation could not be made: %v\n", enter(os.Args[1], os.Args[2:]))
	os.Exit(failed)
}

// Confine makes cmd start in the place. It keeps what SysProcAttr has.
func (p Place) Confine(cmd *exec.Cmd) error {
	if p.Helper == "" && !able.Load() {
		return errors.New("the program has no helper that could make the isolation")
	}
	found := realPaths{}
	views := p.views(found)
	p.Readable = append(p.Readable[:len(p.Readable):len(p.Readable)], cmd.Path)
	if real, err := filepath.EvalSymlinks(cmd.Path); err == nil {
		p.Readable = append(p.Readable, real)
	}
	text, err := json.Marshal(ordered{Place: p.real(found), Gated: p.gated, Views: views})
	if err != nil {
		return err
	}
	cmd.Args = append([]string{name, string(text), cmd.Path}, cmd.Args[1:]...)
	cmd.Path = cmp.Or(p.Helper, "/proc/self/exe")
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	attr, namespaces := cmd.SysProcAttr, confining()
	attr.Cloneflags |= namespaces.Cloneflags
	attr.UidMappings, attr.GidMappings = namespaces.UidMappings, namespaces.GidMappings
	return nil
}

// confining gives a process namespaces of its own, in which it is who it was.
func confining() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}},
	}
}

// ordered is a place as the helper is told of it.
type ordered struct {
	Place

	Gated bool
	Views []view
}

// real puts the place in order: hidden folders by their real paths, outer ones
// first, and nothing twice.
func (p Place) real(found realPaths) Place {
	p.Hidden = slices.Clone(p.Hidden)
	for i, path := range p.Hidden {
		p.Hidden[i] = found.of(path)
	}
	for _, paths := range []*[]string{&p.Hidden, &p.Readable, &p.Writable} {
		*paths = slices.Compact(slices.Sorted(slices.Values(*paths)))
	}
	p.Readable = slices.DeleteFunc(p.Readable, func(path string) bool { return !p.hides(path, found) })
	return p
}

// hides reports whether path is beneath a hidden folder.
func (p Place) hides(path string, found realPaths) bool {
	real := filepath.Join(found.of(filepath.Dir(path)), filepath.Base(path))
	return slices.ContainsFunc(p.Hidden, func(dir string) bool { return beneath(path, dir) || beneath(real, dir) })
}

func beneath(path, dir string) bool {
	return len(path) > len(dir) && path[len(dir)] == '/' && path[:len(dir)] == dir
}

// realPaths are those of paths that were looked at, which many share.
type realPaths map[string]string

// of is the real path, or the path itself where it cannot be followed. Folders that
// paths have in common are looked at once.
func (r realPaths) of(path string) string {
	if known, ok := r[path]; ok {
		return known
	}
	real, ok := r.inReal(path)
	if !ok {
		var err error
		if real, err = filepath.EvalSymlinks(path); err != nil {
			real = path
		}
	}
	r[path] = real
	return real
}

// inReal is the real path of what is no link in the folder that it is in; it returns false
// for what has to be followed.
func (r realPaths) inReal(path string) (real string, ok bool) {
	if !filepath.IsAbs(path) || filepath.Clean(path) != path {
		return "", false
	}
	dir := filepath.Dir(path)
	if dir == path {
		return path, true
	}
	real = filepath.Join(r.of(dir), filepath.Base(path))
	info, err := os.Lstat(real)
	return real, err == nil && info.Mode().Type() != os.ModeSymlink
}
