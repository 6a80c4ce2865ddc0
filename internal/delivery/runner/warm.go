package runner

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Warm is a plan where Plan has made it, with its work directory. It holds secrets
// in the clear as that does: it is for an apply that follows at once.
type Warm struct {
	w    workdir
	file PlanFile
	// gone says that the work directory is no longer this one's to remove.
	gone bool
}

// Open reads the plan from the start.
func (h *Warm) Open(ctx context.Context) (io.ReadCloser, error) { return h.file.Open(ctx) }

// Close removes the plan; one that was applied is gone already.
func (h *Warm) Close() error {
	if h.gone {
		return nil
	}
	h.gone = true
	return onDisk("remove the work directory", h.w.remove())
}

// ApplyWarm applies the plan, which Plan made of the same job, as Apply does one that
// was kept. The plan is gone afterwards.
func (r *Runner) ApplyWarm(ctx context.Context, job Job, h *Warm, sink Sink) (result ApplyResult, err error) {
	defer func() { err = errors.Join(err, h.Close()) }()
	if job, err = r.provide(ctx, job, sink); err != nil {
		return ApplyResult{}, err
	}
	job, release, err := r.identify(ctx, job)
	if err != nil {
		return ApplyResult{}, err
	}
	defer func() { err = errors.Join(err, release()) }()
	if err := r.renew(job, h); err != nil {
		return ApplyResult{}, err
	}
	return r.applyIn(ctx, job, h.w, sink)
}

// renew leaves in the work directory what a new one would have: the files of the job,
// the plan, and nothing that the plan's programs left. What is there already is not
// made again.
func (r *Runner) renew(job Job, h *Warm) error {
	if err := job.check(); err != nil {
		return err
	}
	kept := []string{planName, dataName, backendName, configName}
	for name := range job.Files {
		kept = append(kept, name)
	}
	if err := errors.Join(h.w.clear(kept), emptied(h.w.tmp)); err != nil {
		return onDisk("clear the work directory", err)
	}
	made, err := h.w.made()
	if err != nil {
		return err
	}
	if err := h.file.is(made.Digest); err != nil {
		return err
	}
	return onDisk("lay out the root module", h.w.lay(job, r.cliConfig(job), h.w.put))
}

// clear removes all but the files of these names, and the link to what init made.
func (w workdir) clear(kept []string) error {
	entries, err := os.ReadDir(w.path)
	if err != nil {
		return err
	}
	for _, e := range entries {
		wanted := fs.FileMode(0)
		if e.Name() == dataName {
			wanted = fs.ModeSymlink
		}
		if e.Type() == wanted && slices.Contains(kept, e.Name()) {
			continue
		}
		if err := os.RemoveAll(w.join(e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// emptied removes what is in a folder.
func emptied(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// put makes content that of the file, which is not touched where it is already.
func (w workdir) put(name string, content []byte) error {
	if is, err := os.ReadFile(w.join(name)); err == nil && bytes.Equal(is, content) {
		return nil
	}
	return w.write(name, content)
}
