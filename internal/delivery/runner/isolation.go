package runner

import (
	"context"
	"crypto/rand"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/confine"
)

// The ways of Isolate.
const (
	// IsolationAuto isolates where the kernel allows it.
	IsolationAuto = "auto"
	// IsolationRequired does not work without.
	IsolationRequired = "required"
	// IsolationOff does not isolate.
	IsolationOff = "off"
)

// Isolate tells whether the helper, "" for this program, can isolate runs when they
// are to be so in the way; missing says why not. Where they must be and cannot,
// that is an error.
func Isolate(ctx context.Context, way, helper string) (isolated bool, missing string, err error) {
	if way == IsolationOff {
		return false, "it is switched off", nil
	}
	missing = confine.Missing(ctx, helper)
	if missing != "" && way == IsolationRequired {
		return false, missing, kernel.Errorf(kernel.Unavailable, "runs cannot be isolated on this machine: %s", missing).
			WithFix("let the user of this process make user, mount and process namespaces, or set isolation to auto")
	}
	return missing == "", missing, nil
}

// place is what the tool sees in w: of the data folder and of the home only what
// the job needs, and what its environment names. It is nil without isolation.
func (r *Runner) place(job Job, w workdir, env []string) *confine.Place {
	if !r.Isolated {
		return nil
	}
	p := &confine.Place{Helper: r.Helper, Hidden: append([]string{r.DataDir}, r.Hidden()...), Writable: []string{w.path, w.tmp}, Processes: job.Limits.or(r.Limits).Processes}
	p.Hidden = append(p.Hidden, Homes()...)
	p.Readable = []string{mirrorDir(r.DataDir)}
	for _, mirror := range []string{r.Mirror, job.azurerm} {
		if mirror != "" {
			p.Readable = append(p.Readable, mirror)
		}
	}
	if kept := w.kept(); kept != "" {
		p.Readable = append(p.Readable, kept)
	}
	names := named(env, w)
	if job.held != nil { // all of its folder, in which files are replaced
		p.Readable = append(p.Readable, job.held.dir)
		names = slices.DeleteFunc(names, func(path string) bool { return filepath.Dir(path) == job.held.dir })
	}
	p.Hidden = slices.DeleteFunc(p.Hidden, func(path string) bool { return path != r.DataDir && slices.Contains(names, path) })
	p.Readable = append(p.Readable, names...)
	return p
}

// Homes are the folders in which the user of this process keeps what is theirs:
// the one that the environment names, and the one that the system knows.
func Homes() (dirs []string) {
	if home, err := os.UserHomeDir(); err == nil {
		dirs = append(dirs, filepath.Clean(home))
	}
	if who, err := user.Current(); err == nil {
		dirs = append(dirs, filepath.Clean(who.HomeDir))
	}
	return slices.DeleteFunc(dirs, func(dir string) bool { return !filepath.IsAbs(dir) || filepath.Dir(dir) == dir })
}

// named are the paths that variables name, outside of the work directory.
func named(env []string, w workdir) (paths []string) {
	for _, entry := range env {
		_, value, _ := strings.Cut(entry, "=")
		for _, path := range filepath.SplitList(value) {
			if filepath.IsAbs(path) && path != w.tmp && !strings.HasPrefix(path, w.path) {
				paths = append(paths, filepath.Clean(path))
			}
		}
	}
	return paths
}

// mark tells the processes of one command from others.
func mark() string { return rand.Text() }
