package confine

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// mostViewed is how many entries a folder may have that is shown without some of them:
// each of the others is mounted.
const mostViewed = 100

// view is a folder as it was, without what is hidden: by its name, so that what takes
// the place of a hidden file is not seen either. A mount over the file alone would go
// with it.
type view struct {
	Folder  string
	Without []string
}

// views are those of the hidden files that are in no hidden folder: where they are by
// their names, and where links lead.
func (p Place) views(found realPaths) (all []view) {
	without := map[string][]string{}
	for _, path := range p.Hidden {
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			continue
		}
		for _, name := range []string{filepath.Join(found.of(filepath.Dir(path)), filepath.Base(path)), found.of(path)} {
			without[filepath.Dir(name)] = append(without[filepath.Dir(name)], filepath.Base(name))
		}
	}
	for folder, names := range without {
		if p.viewed(folder, found) {
			all = append(all, view{folder, names})
		}
	}
	slices.SortFunc(all, func(a, b view) int { return strings.Compare(a.Folder, b.Folder) }) // outer ones first
	return all
}

// viewed reports whether a folder can be shown as it was: not one of the system's at the
// top, which have to stay as they are, nor one of which a file is to be seen as it is at
// each moment.
func (p Place) viewed(folder string, found realPaths) bool {
	if strings.Count(folder, "/") < 2 || slices.ContainsFunc([]string{"/proc", "/sys", "/dev"}, func(of string) bool { return beneath(folder, of) }) {
		return false
	}
	if slices.ContainsFunc(p.Hidden, func(of string) bool { of = found.of(of); return folder == of || beneath(folder, of) }) {
		return false // it is hidden whole
	}
	return !slices.ContainsFunc(append(p.Readable[:len(p.Readable):len(p.Readable)], p.Writable...), func(path string) bool {
		if path == folder || found.of(path) == folder {
			return true
		}
		info, err := os.Stat(path)
		return (filepath.Dir(path) == folder || filepath.Dir(found.of(path)) == folder) && (err != nil || !info.IsDir())
	})
}

// show shows the folder without what is hidden. It leaves one as it is that cannot be
// listed or has too much in it: a file that is hidden is covered then.
func (v view) show() error {
	trees, links, err := v.others()
	if err != nil {
		return nil //nolint:nilerr // as it says
	}
	if err := mount("tmpfs", v.Folder, unix.MS_NODEV, "size=1m,mode=0755"); err != nil {
		return err
	}
	for _, t := range trees {
		if err := errors.Join(t.spot(), t.attach()); err != nil {
			return err
		}
	}
	for path, target := range links {
		if err := os.Symlink(target, path); err != nil {
			return err
		}
	}
	return nil
}

// others are what stays: files and folders, and links with their targets.
func (v view) others() (trees []tree, links map[string]string, err error) {
	names, err := listed(v.Folder)
	links = map[string]string{}
	for _, name := range names {
		if err != nil {
			break
		}
		if slices.Contains(v.Without, name) {
			continue
		}
		path, target := filepath.Join(v.Folder, name), ""
		if target, err = os.Readlink(path); err == nil {
			links[path] = target
			continue
		}
		var t []tree
		t, err = take([]string{path})
		trees = append(trees, t...)
	}
	if err != nil {
		for _, t := range trees {
			_ = unix.Close(t.fd) // it is not needed
		}
	}
	return trees, links, err
}

// errMany says that a folder has too much in it.
var errMany = errors.New("there are too many files in the folder")

func listed(folder string) ([]string, error) {
	f, err := os.Open(folder)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	names, err := f.Readdirnames(mostViewed + 1)
	if len(names) > mostViewed {
		return nil, errMany
	}
	if errors.Is(err, io.EOF) { // it is empty
		return nil, nil
	}
	return names, err
}
