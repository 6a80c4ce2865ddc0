package runner

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// keptInits is how many initialised folders outlive a Sweep.
	keptInits = 100
	// keptViews is how many views of each do.
	keptViews = 1000
)

// Sweep clears away what a former process left in the data directory when it
// was killed: processes of its runs, work directories and half-made folders. It
// is called once, before the first job. A state that the tool had left is given
// to keep first; where that fails its folder stays for the next Sweep.
func Sweep(ctx context.Context, dataDir string, keep Keep) error {
	runs, err := filepath.Abs(runsDir(dataDir))
	if err != nil {
		return err
	}
	if real, err := filepath.EvalSymlinks(runs); err == nil { // the kernel tells the real path
		killIn(real)
	}
	found, _ := filepath.Glob(filepath.Join(runs, "*")) // the pattern is good
	var errs []error
	old := slices.DeleteFunc(found, func(dir string) bool {
		err := keepLeft(ctx, dir, keep)
		errs = append(errs, err)
		return err != nil
	})
	for _, dir := range []string{initDir(dataDir), mirrorDir(dataDir)} {
		half, _ := filepath.Glob(filepath.Join(dir, "new-*"))
		old = append(old, half...)
	}
	old = append(old, ofNobody(dataDir)...)
	temporary, _ := filepath.Glob(filepath.Join(tmpDir(dataDir), "*")) // the pattern is good
	old = append(old, temporary...)
	old = append(old, outdated(initDir(dataDir), keptInits)...)
	views, _ := filepath.Glob(filepath.Join(initDir(dataDir), "*", viewsName)) // the pattern is good
	for _, dir := range views {
		old = append(old, outdated(dir, keptViews)...)
	}
	for _, path := range old {
		errs = append(errs, os.RemoveAll(path))
	}
	return errors.Join(errs...)
}

// Forget removes the initialised folders of a tenant that has left, which have copies of its
// modules, and returns how many there were.
func Forget(dataDir, tenant string) (folders int64, err error) {
	found, _ := filepath.Glob(filepath.Join(initDir(dataDir), keyOf(tenant, "*"))) // the pattern is good
	for _, dir := range append(found, ofNobody(dataDir)...) {
		if err := os.RemoveAll(dir); err != nil {
			return folders, onDisk("remove "+dir, err)
		}
		folders++
	}
	return folders, nil
}

// ofNobody are the initialised folders from before they said whose they are, which nothing
// links to any more.
func ofNobody(dataDir string) (dirs []string) {
	entries, _ := os.ReadDir(initDir(dataDir)) // there may be none
	for _, e := range entries {
		if !strings.Contains(e.Name(), ".") && !strings.HasPrefix(e.Name(), "new-") {
			dirs = append(dirs, filepath.Join(initDir(dataDir), e.Name()))
		}
	}
	return dirs
}

// keepLeft gives the state that a work directory still has to keep.
func keepLeft(ctx context.Context, dir string, keep Keep) (err error) {
	state, err := os.Open(filepath.Join(dir, left))
	if keep == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil // there is none
	}
	if err != nil {
		return onDisk("read the state in "+dir, err)
	}
	defer func() { err = errors.Join(err, state.Close()) }()
	config, err := os.ReadFile(filepath.Join(dir, configName))
	if err != nil {
		return onDisk("read whose the state in "+dir+" is", err)
	}
	stack, fence := leaseOf(config)
	return keep(ctx, stack, fence, state)
}

// killIn kills the processes that run in a folder beneath dir: those that the
// tool started live on when the tool is killed.
func killIn(dir string) {
	links, _ := filepath.Glob("/proc/[0-9]*/cwd") // the pattern is good
	for _, link := range links {
		cwd, err := os.Readlink(link)
		if err != nil || !strings.HasPrefix(cwd, dir+"/") {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(link))); err == nil && pid != os.Getpid() {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended just now
		}
	}
}

// outdated returns the folders in dir that were used longest ago, beyond so many.
func outdated(dir string, kept int) []string {
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) <= kept {
		return nil
	}
	used := map[string]time.Time{}
	var paths []string
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			path := filepath.Join(dir, e.Name())
			used[path] = info.ModTime()
			paths = append(paths, path)
		}
	}
	slices.SortFunc(paths, func(a, b string) int { return used[b].Compare(used[a]) })
	return paths[min(len(paths), kept):]
}
