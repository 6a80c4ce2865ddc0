package kubernetes

import (
	"bytes"
	"context"
	"maps"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/kubernetes/gitrepo"
	"github.com/terrace-idp/terrace/internal/target/kubernetes/manifest"
)

// top is the folder of all workloads; beneath it are stage, project, workload.
const top = "workloads"

func (h home) projectFolder() string {
	return path.Join(strings.Trim(h.stage.Repository.Folder, "/"), top, h.place.Stage, h.place.Project)
}

func (h home) folder() string { return path.Join(h.projectFolder(), h.place.Workload) }

// files returns the files that the objects are, by their paths.
func (h home) files(objects []manifest.Object) (map[string][]byte, error) {
	files, names := map[string][]byte{}, []string(nil)
	for _, o := range objects {
		if strings.Contains(o.File, "/") {
			return nil, kernel.Errorf(kernel.Internal, "the object %s would be outside of the folder %s", o.File, h.folder())
		}
		if o.Shared {
			files[path.Join(h.projectFolder(), o.File)] = o.Content
			continue
		}
		files[path.Join(h.folder(), o.File)] = o.Content
		names = append(names, o.File)
	}
	name, content, err := manifest.Kustomization(h.place, names)
	files[path.Join(h.folder(), name)] = content
	return files, err
}

// difference returns the paths of files that are missing, more, or other than
// they should be, sorted. The workload's folder is Terrace's alone.
func (h home) difference(want, have map[string][]byte) []string {
	differ := map[string]bool{}
	for name, content := range want {
		if now, ok := have[name]; !ok || !bytes.Equal(now, content) {
			differ[name] = true
		}
	}
	for name := range have {
		if _, ok := want[name]; !ok && strings.HasPrefix(name, h.folder()+"/") {
			differ[name] = true
		}
	}
	return slices.Sorted(maps.Keys(differ))
}

// edit returns the change that brings the files in force, with what the mesh makes of them.
func (h home) edit(t gitrepo.Tree, files map[string][]byte, message string, mesh meshed) (gitrepo.Edit, error) {
	want := maps.Clone(files)
	return h.change(t, want, message, func(have map[string][]byte) ([]string, error) { return h.differing(want, have, false, mesh) })
}

// change returns the change that makes the files that differ be as they are wanted.
func (h home) change(t gitrepo.Tree, want map[string][]byte, message string, differ func(have map[string][]byte) ([]string, error)) (gitrepo.Edit, error) {
	have, err := h.there(t)
	if err != nil {
		return gitrepo.Edit{}, err
	}
	names, err := differ(have)
	e := gitrepo.Edit{Files: map[string][]byte{}, Message: message}
	for _, name := range names {
		e.Files[name] = want[name] // nil removes
	}
	return e, err
}

// differing returns the files that a workload's declaration changes, or its removal; what the
// mesh makes of it is added to what is wanted.
func (h home) differing(want, have map[string][]byte, removed bool, mesh meshed) ([]string, error) {
	if removed {
		for _, name := range h.leaving(have) {
			want[name] = nil
		}
	}
	if err := mesh(want, have); err != nil {
		return nil, err
	}
	if removed {
		return changed(want, have), nil
	}
	return h.difference(want, have), nil
}

// changed returns the paths of wanted files that are other than they are wanted, sorted.
func changed(want, have map[string][]byte) []string {
	names := []string{}
	for name, content := range want {
		if now, ok := have[name]; ok != (content != nil) || !bytes.Equal(now, content) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// read returns the files of the project as they are now, unless they are another tenant's.
func (h home) read(ctx context.Context) (map[string][]byte, error) {
	have, _, err := h.repo.Read(ctx, h.projectFolder())
	if err != nil {
		return nil, err
	}
	return have, h.ours(have)
}

// there returns the files of the project in a tree, unless they are another tenant's.
func (h home) there(t gitrepo.Tree) (map[string][]byte, error) {
	have, err := t.Files(h.projectFolder())
	if err != nil {
		return nil, err
	}
	return have, h.ours(have)
}

// removal returns the change that takes the workload away, and with the last
// one what the project's workloads share.
func (h home) removal(t gitrepo.Tree, message string, mesh meshed) (gitrepo.Edit, error) {
	want := map[string][]byte{}
	return h.change(t, want, message, func(have map[string][]byte) ([]string, error) { return h.differing(want, have, true, mesh) })
}

// leaving returns the files that go with the workload, sorted.
func (h home) leaving(have map[string][]byte) []string {
	var leaving, shared []string
	last := true
	for _, name := range slices.Sorted(maps.Keys(have)) {
		rest := strings.TrimPrefix(name, h.projectFolder()+"/")
		switch {
		case strings.HasPrefix(name, h.folder()+"/"):
			leaving = append(leaving, name)
		case strings.Contains(rest, "/"):
			last = false
		case rest == manifest.NamespaceFile || rest == manifest.DenyFile || rest == meshFile:
			shared = append(shared, name)
		}
	}
	if last {
		leaving = append(leaving, shared...)
	}
	return leaving
}

// ours refuses a project's folder that is another tenant's: a repository may be
// shared, and tenants have projects of one name.
func (h home) ours(have map[string][]byte) error {
	content, ok := have[path.Join(h.projectFolder(), manifest.NamespaceFile)]
	if !ok {
		return nil
	}
	var namespace struct {
		Metadata struct {
			Labels map[string]string `json:"labels"`
		} `json:"metadata"`
	}
	if yaml.Unmarshal(content, &namespace) != nil {
		return nil // somebody broke it; it is written again
	}
	if tenant := namespace.Metadata.Labels[manifest.TenantLabel]; tenant != "" && tenant != h.place.Tenant {
		return kernel.Errorf(kernel.Conflict, "the folder %s of the repository %s belongs to another tenant", h.projectFolder(), h.address).
			WithFix("give this tenant's stage a repository or a folder of its own")
	}
	return nil
}
