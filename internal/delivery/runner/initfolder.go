package runner

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	dataName  = ".terraform"
	callsName = "calls.json"
	viewsName = "views"
)

// kept is the folder for a shape: data is a .terraform, lock.hcl its lock file,
// calls.json the module calls of the root module that it was made for, and views
// has a .terraform of links into data for each set of names that calls have.
func (r *Runner) kept(s shape) string { return filepath.Join(initDir(r.DataDir), s.key) }

// kept is the kept folder that w links to, "" for none.
func (w workdir) kept() string {
	view, err := os.Readlink(w.join(dataName))
	if err != nil {
		return ""
	}
	return filepath.Dir(filepath.Dir(view))
}

// bare takes from w what init made.
func (w workdir) bare() error { return os.RemoveAll(w.join(dataName)) }

// reuse links w to what is kept for the shape. Where it fails, w is as before.
func (r *Runner) reuse(w workdir, s shape) error {
	entry := r.kept(s)
	lock, err := os.ReadFile(filepath.Join(entry, "lock.hcl"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	view, err := r.view(entry, s.calls)
	if err != nil {
		return err
	}
	if err := w.link(view); err != nil {
		return err
	}
	now := time.Now()
	_ = os.Chtimes(entry, now, now) // a younger age only saves it from Sweep
	if lock == nil {
		return nil
	}
	if err := w.put(lockName, lock); err != nil {
		return errors.Join(err, w.bare())
	}
	return nil
}

// link makes the view w's.
func (w workdir) link(view string) error {
	at, err := os.Readlink(w.join(dataName))
	if err == nil && at == view {
		return nil
	}
	if err == nil {
		if err := w.bare(); err != nil {
			return err
		}
	}
	return os.Symlink(view, w.join(dataName))
}

// view returns the folder of links into the kept one in which modules have the
// names that a root module calls them. It is made once.
func (r *Runner) view(entry string, wanted calls) (string, error) {
	digest, err := kernel.DigestJSON(wanted)
	if err != nil {
		return "", err
	}
	view := filepath.Join(entry, viewsName, digest.Hex())
	if _, err := os.Stat(view); err == nil {
		return view, nil
	}
	made, err := readCalls(entry)
	if err != nil {
		return "", err
	}
	fresh, err := os.MkdirTemp(initDir(r.DataDir), "new-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(fresh) }() // after a rename there is nothing
	if err := link(fresh, entry, wanted, made); err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(view), 0o700); err != nil {
		return "", err
	}
	if err := os.Rename(fresh, view); err != nil && !errors.Is(err, fs.ErrExist) { // another run was first
		return "", err
	}
	return view, nil
}

func readCalls(entry string) (made calls, err error) {
	raw, err := os.ReadFile(filepath.Join(entry, callsName))
	if err != nil {
		return nil, err
	}
	err = json.Unmarshal(raw, &made)
	return made, err
}

// link makes the folder a .terraform of links into the kept one; the modules have
// the names that they are wanted by.
func link(into, entry string, wanted, made calls) error {
	data := filepath.Join(entry, "data")
	found, err := os.ReadDir(data)
	if err != nil {
		return err
	}
	for _, f := range found {
		if f.Name() == modulesName {
			err = linkModules(filepath.Join(data, modulesName), filepath.Join(into, modulesName), wanted, made)
		} else {
			err = os.Symlink(filepath.Join(data, f.Name()), filepath.Join(into, f.Name()))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// keep moves w's initialised folder to its shape's and links to it. It saves time
// only, so where it cannot be the run goes on with what it has.
func (r *Runner) keep(w workdir, s shape) {
	err := os.MkdirAll(initDir(r.DataDir), 0o700)
	if err == nil {
		err = r.move(w, s)
	}
	if err != nil {
		r.Logger.Warn("an initialised folder could not be kept", "error", err)
	}
}

func (r *Runner) move(w workdir, s shape) error {
	m, err := readManifest(filepath.Join(w.join(dataName), modulesName))
	if err != nil {
		return err
	}
	if _, err := m.under(s.calls, s.calls); err != nil {
		return err // nothing of it could be linked
	}
	fresh, err := os.MkdirTemp(initDir(r.DataDir), "new-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(fresh) }() // after a rename there is nothing
	if err := describe(fresh, w, s); err != nil {
		return err
	}
	data := filepath.Join(fresh, "data")
	if err := os.Rename(w.join(dataName), data); err != nil {
		return err
	}
	if err := r.adopt(fresh, w, s); err != nil {
		return errors.Join(err, os.Rename(data, w.join(dataName)))
	}
	if err := r.reuse(w, s); err != nil { // the disk may be full: the tool is to say so
		return errors.Join(err, os.Rename(filepath.Join(r.kept(s), "data"), w.join(dataName)))
	}
	return nil
}

// adopt keeps the folder for the shape, unless another run was first with one that is good.
func (r *Runner) adopt(fresh string, w workdir, s shape) error {
	entry := r.kept(s)
	if os.Rename(fresh, entry) == nil {
		return nil
	}
	if r.reuse(w, s) == nil {
		return w.bare() // it is linked to once more
	}
	return errors.Join(os.RemoveAll(entry), os.Rename(fresh, entry))
}

// describe writes what belongs to an initialised folder beside it.
func describe(fresh string, w workdir, s shape) error {
	lock, err := os.ReadFile(w.join(lockName))
	if err == nil {
		err = os.WriteFile(filepath.Join(fresh, "lock.hcl"), lock, 0o600)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	raw, err := json.Marshal(s.calls)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(fresh, callsName), raw, 0o600)
}
