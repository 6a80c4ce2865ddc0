package source

import (
	"context"
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// read reads the content of one object. Its error is one of reading, not of
// what was read.
func (r *reader) read(ctx context.Context, w *wanted) (err error) {
	if w.Kind.ofDocuments() {
		return r.documents(ctx, w)
	}
	w.src, err = r.files.Read(ctx, r.tree.commit, w.file, maxFile)
	if refused(err) {
		w.problems = problemsOf(w.file, nil, err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", w.file, err)
	}
	switch w.Kind {
	case StageKind:
		w.stage, w.problems = readStage(w.file, w.Name, w.src)
		w.digest, err = kernel.DigestJSON(w.stage)
	case DefinitionKind:
		w.digest = kernel.DigestOf(w.src)
		if d, err := graph.ParseDefinition(w.file, w.src); err != nil {
			w.problems = problemsOf(w.file, w.src, err)
		} else if d.Name != w.Name {
			w.misnamed("definition", d.Name, "metadata.name")
		}
	case WorkloadKind:
		return r.score(ctx, w)
	case GatewayKind, MeshKind: // above
	}
	return err
}

// refused reports whether an error is about the content, not about reading it.
func refused(err error) bool {
	return kernel.Is(err, kernel.TooLarge) || kernel.Is(err, kernel.Invalid) || kernel.Is(err, kernel.NotFound) || kernel.Is(err, kernel.Refused)
}

func (w *wanted) misnamed(what, name, at string) {
	line, column := keyAt(w.src, at)
	w.problems = []kernel.Problem{{
		File: w.file, Line: line, Column: column, Path: at,
		Message: fmt.Sprintf("the %s calls itself %q, its place %q", what, name, w.Name), Fix: "use the same name in both places",
	}}
}

// score reads a workload with all the files that it names.
func (r *reader) score(ctx context.Context, w *wanted) error {
	total := len(w.src)
	var broken error
	text, err := workload.Inline(w.file, w.src, func(name string) ([]byte, error) {
		full := path.Join(path.Dir(w.file), name)
		if strings.HasPrefix(full, "../") || path.IsAbs(name) {
			return nil, kernel.Errorf(kernel.Invalid, "%s leads out of the repository", name)
		}
		content, err := r.files.Read(ctx, r.tree.commit, full, maxFile)
		if err != nil && !refused(err) {
			broken = err
		}
		if total += len(content); total > maxComplete {
			return nil, kernel.Errorf(kernel.TooLarge, "%s names more than %d MiB of files", w.file, maxComplete>>20)
		}
		return content, err
	})
	if broken != nil {
		return broken
	}
	if err == nil {
		w.workload, err = workload.Parse(w.file, text)
	}
	if err != nil {
		w.problems = problemsOf(w.file, w.src, err)
		return nil
	}
	if w.workload.Name != w.Name {
		w.misnamed("workload", w.workload.Name, "metadata.name")
		return nil
	}
	if err := r.images(ctx, w); err != nil {
		return err
	}
	w.digest = w.content()
	w.version = r.version(ctx, w.file)
	return nil
}

var version = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z.+_-]{0,63}$`)

// version is what the file VERSION beside a Score file says, as for the client.
func (r *reader) version(ctx context.Context, file string) string {
	text, err := r.files.Read(ctx, r.tree.commit, path.Join(path.Dir(file), "VERSION"), 1<<10)
	if found := strings.TrimSpace(string(text)); err == nil && version.MatchString(found) {
		return found
	}
	return ""
}
