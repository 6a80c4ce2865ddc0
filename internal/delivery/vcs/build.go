package vcs

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/terrace-idp/terrace/internal/delivery/bundle"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// built builds the containers of a workload whose image is a folder, and returns
// the artifacts by container.
func (st *step) built(ctx context.Context, c *Check, w *workload.Workload, commit string) (map[string]kernel.Digest, error) {
	folders := map[string]string{}
	for name, container := range w.Containers {
		if bundle.Local(container.Image) {
			folders[name] = path.Join(path.Dir(c.Score), container.Image)
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
	for _, name := range slices.Sorted(maps.Keys(folders)) {
		folder := folders[name]
		if folder != "." && !cleanPath(folder) {
			return nil, kernel.Errorf(kernel.Invalid, "the image of the container %s leads out of the repository", name)
		}
		if err := st.builds(ctx, c, name, folder); err != nil {
			return nil, err
		}
		if artifacts[name], err = st.Builder.Build(st.asking(ctx, c.Kind), c.Scope, dir, filepath.FromSlash(folder), io.Discard); err != nil {
			return nil, err
		}
	}
	c.Message = ""
	return artifacts, nil
}

// builds has the check say what is being built, as it may take minutes: in what is
// kept, at the commit and in the comment.
func (st *step) builds(ctx context.Context, c *Check, container, folder string) error {
	c.Message = "building " + container + " from " + folder
	if err := st.Store.PutCheck(ctx, *c); err != nil {
		return err
	}
	_ = st.tell(ctx) // whoever cannot be told is told again after the build, and it does not depend on it
	return nil
}
