package vcs

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// built builds the containers of a workload whose image is a folder, and returns
// the artifacts by container.
func (st *step) built(ctx context.Context, c Check, w *workload.Workload, commit string) (map[string]kernel.Digest, error) {
	folders := map[string]string{}
	for name, container := range w.Containers {
		if image := container.Image; image == "." || strings.HasPrefix(image, "./") || strings.HasPrefix(image, "../") {
			folders[name] = path.Join(path.Dir(c.Score), image)
		}
	}
	if len(folders) == 0 {
		return nil, nil
	}
	if !c.Build || st.Builder == nil {
		return nil, kernel.Errorf(kernel.Refused, "%s has containers whose image is a folder, and Terrace may not build what a pull request has", c.Score).
			WithFix("have your CI build and push an image and name it in the file, such as image: registry.example.com/%s:1.4.0; or let Terrace build it: terrace repo bind %s %s --build …", w.Name, st.repo.Name, c.Binding)
	}
	dir, err := os.MkdirTemp("", "terrace-source-*")
	if err != nil {
		return nil, fmt.Errorf("build %s: %w", w.Name, err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // a copy
	if err := st.Files(st.repo).Extract(ctx, commit, dir); err != nil {
		return nil, err
	}
	artifacts := map[string]kernel.Digest{}
	for name, folder := range folders {
		if folder != "." && !cleanPath(folder) {
			return nil, kernel.Errorf(kernel.Invalid, "the image of the container %s leads out of the repository", name)
		}
		if artifacts[name], err = st.Builder.Build(st.asking(ctx, c.Kind), c.Scope, filepath.Join(dir, filepath.FromSlash(folder))); err != nil {
			return nil, without(err, dir)
		}
	}
	return artifacts, nil
}

// without takes the folder of the copy out of an error: the paths are then those
// of the repository.
func without(err error, dir string) error {
	e, ok := err.(*kernel.Error) //nolint:errorlint // as the builder returns it
	if !ok {
		return err
	}
	trim := func(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, dir+"/", ""), dir, ".") }
	e.Message, e.Fix = trim(e.Message), trim(e.Fix)
	for i, p := range e.Problems {
		e.Problems[i].File, e.Problems[i].Message = trim(p.File), trim(p.Message)
	}
	return e
}
