package source

import (
	"context"
	"path"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/terrace-idp/terrace/internal/delivery/bundle"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// folder is an image that is built: a folder of the repository.
type folder struct {
	container string
	// path is from the root of the repository.
	path string
	// tree identifies all that the build depends on.
	tree string
}

// images finds the folders that a workload has as images. Its error is one of
// reading.
func (r *reader) images(ctx context.Context, w *wanted) error {
	for _, name := range w.workload.ContainerNames() {
		image := w.workload.Containers[name].Image
		if !bundle.Local(image) {
			continue
		}
		f := folder{container: name, path: path.Join(path.Dir(w.file), image)}
		var err error
		if f.tree, err = r.identify(ctx, f.path); refused(err) {
			w.problems = append(w.problems, w.atImage(name, "the image is the folder "+f.path+", which is not in the repository", "add it, or name another folder or an image"))
			continue
		}
		if err != nil {
			return err
		}
		w.folders = append(w.folders, f)
	}
	return nil
}

// identify returns what identifies the result of building a folder: its content,
// and that of the whole commit where its go.mod has code from outside of it.
func (r *reader) identify(ctx context.Context, at string) (string, error) {
	if at == ".." || strings.HasPrefix(at, "../") {
		return "", kernel.Errorf(kernel.NotFound, "%s is not in the repository", at)
	}
	tree, err := r.files.Folder(ctx, r.tree.commit, at)
	if err != nil || !r.reachesOut(ctx, at) {
		return tree, err
	}
	whole, err := r.files.Folder(ctx, r.tree.commit, ".")
	return whole + ":" + at, err
}

// reachesOut reports whether the module of a folder replaces another one by a
// folder that is not beneath it.
func (r *reader) reachesOut(ctx context.Context, at string) bool {
	src, err := r.files.Read(ctx, r.tree.commit, path.Join(at, "go.mod"), maxFile)
	if err != nil {
		return false // it is no Go module; one that cannot be read does not build
	}
	mod, err := modfile.Parse("go.mod", src, nil)
	if err != nil {
		return true // the compiler may read more of it than is read here
	}
	for _, replaced := range mod.Replace {
		if replaced.New.Version == "" && strings.HasPrefix(path.Clean(replaced.New.Path), "..") {
			return true
		}
	}
	return false
}

// content identifies what the workload is, with the folders that it is built from.
func (w *wanted) content() kernel.Digest {
	text := w.workload.Canonical()
	for _, f := range w.folders {
		text = append(text, "\n"+f.container+" "+f.tree...)
	}
	return kernel.DigestOf(text)
}

// atImage is a problem at the image of a container.
func (w *wanted) atImage(container, message, fix string) kernel.Problem {
	at := "containers." + container + ".image"
	line, column := keyAt(w.src, at)
	return kernel.Problem{File: w.file, Line: line, Column: column, Path: at, Message: message, Fix: fix}
}
