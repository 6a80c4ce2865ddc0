package kubernetes

import (
	"bytes"
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

// edit returns the change that brings the files in force.
func (h home) edit(t gitrepo.Tree, want map[string][]byte, message string) (gitrepo.Edit, error) {
	have, err := h.there(t)
	if err != nil {
		return gitrepo.Edit{}, err
	}
	e := gitrepo.Edit{Files: map[string][]byte{}, Message: message}
	for _, name := range h.difference(want, have) {
		e.Files[name] = want[name] // nil removes
	}
	return e, nil
}

// there returns the files of the project, unless they are another tenant's.
func (h home) there(t gitrepo.Tree) (map[string][]byte, error) {
	have, err := t.Files(h.projectFolder())
	if err != nil {
		return nil, err
	}
	return have, h.ours(have)
}

// removal returns the change that takes the workload away, and with the last
// one what the project's workloads share.
func (h home) removal(t gitrepo.Tree, message string) (gitrepo.Edit, error) {
	have, err := h.there(t)
	if err != nil {
		return gitrepo.Edit{}, err
	}
	e := gitrepo.Edit{Files: map[string][]byte{}, Message: message}
	for _, name := range h.leaving(have) {
		e.Files[name] = nil
	}
	return e, nil
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
		case rest == manifest.NamespaceFile || rest == manifest.DenyFile:
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
