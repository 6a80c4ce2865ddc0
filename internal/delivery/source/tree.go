package source

import (
	"context"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of a tree.
const (
	maxObjects  = 2000
	maxFile     = 1 << 20
	maxComplete = 4 << 20
)

// files are those of a commit.
type files interface {
	Files(ctx context.Context, commit, folder string) ([]string, error)
	Read(ctx context.Context, commit, path string, limit int) ([]byte, error)
	// Folder returns the id of a folder's content; NotFound where there is none.
	Folder(ctx context.Context, commit, path string) (string, error)
}

// wanted is an object as its file has it.
type wanted struct {
	Key

	file     string
	src      []byte
	digest   kernel.Digest
	problems []kernel.Problem
	stage    stage.Stage
	workload *workload.Workload
	// documents are those of a folder of documents.
	documents []DocumentFile
	// version is a label for people.
	version string
	// folders are the images of the workload that are built.
	folders []folder
}

// tree is what the files of a commit ask for.
type tree struct {
	commit, path string
	wanted       []wanted
	// problems are those of files that are no object.
	problems []kernel.Problem
	// missing says why nothing may be taken as removed: there is no file at all.
	missing string
}

// find returns what is wanted of an object, nil where its file is gone.
func (t *tree) find(k Key) *wanted {
	for i := range t.wanted {
		if t.wanted[i].Key == k {
			return &t.wanted[i]
		}
	}
	return nil
}

type reader struct {
	source Source
	files  files
	tree   *tree
}

// readTree reads the layout of a commit. A file that is wrong becomes problems
// at its place, and stops no other. Where only is a kind, the objects of others are
// not read.
func readTree(ctx context.Context, n Source, from files, commit string, only Kind) (*tree, error) {
	r := &reader{source: n, files: from, tree: &tree{commit: commit, path: n.Path}}
	all, err := from.Files(ctx, commit, n.Path)
	if err != nil {
		return nil, err
	}
	folders := map[string]bool{}
	for _, file := range all {
		below := strings.TrimPrefix(strings.TrimPrefix(file, n.Path), "/")
		r.layout(below, folders)
	}
	if len(r.tree.wanted) > maxObjects {
		return nil, kernel.Errorf(kernel.TooLarge, "the repository has more than %d objects", maxObjects).WithFix("divide it over several sources")
	}
	r.unscored(folders)
	switch {
	case len(all) == 0 && n.Path != "":
		r.tree.missing = "there is no folder " + n.Path + " at " + short(commit)
	case len(r.tree.wanted) == 0:
		r.tree.missing = "there is no stage, definition, workload, route or document of the mesh at " + short(commit)
	}
	for i := range r.tree.wanted {
		if only != "" && r.tree.wanted[i].Kind != only {
			continue
		}
		if err := r.read(ctx, &r.tree.wanted[i]); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(r.tree.wanted, func(a, b wanted) int { return compareKeys(a.Key, b.Key) })
	return r.tree, nil
}

func short(commit string) string { return commit[:min(12, len(commit))] }

func compareKeys(a, b Key) int {
	order := []Kind{StageKind, DefinitionKind, WorkloadKind, GatewayKind, MeshKind}
	if d := slices.Index(order, a.Kind) - slices.Index(order, b.Kind); d != 0 {
		return d
	}
	return strings.Compare(a.Project+"/"+a.Name, b.Project+"/"+b.Name)
}
