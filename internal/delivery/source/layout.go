package source

import (
	"path"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// layout sorts one file into the layout; folders are those of workloads.
func (r *reader) layout(file string, folders map[string]bool) {
	parts := strings.Split(file, "/")
	project := r.source.Project
	switch {
	case isNote(path.Base(file)) && !inWorkload(parts, project):
	case len(parts) == 1:
		r.stray(parts[0], file)
	case parts[0] == "stages" || parts[0] == "definitions":
		r.flat(parts, file)
	case len(parts) > 1 && Kind(parts[0]).ofDocuments():
		r.documentFile(file, Kind(parts[0]), project, parts[1:])
	case project == "" && parts[0] == "projects" && len(parts) > 3 && Kind(parts[2]).ofDocuments():
		r.documentFile(file, Kind(parts[2]), parts[1], parts[3:])
	case project == "" && parts[0] == "projects":
		r.workloadFile(file, parts[1], parts[2:], folders)
	case project != "" && parts[0] == "workloads":
		r.workloadFile(file, project, parts, folders)
	case parts[0] == "projects" || parts[0] == "workloads":
		fix := "put it into workloads/NAME/score.yaml: the source is of the project " + project
		if project == "" {
			fix = "put it into projects/PROJECT/workloads/NAME/score.yaml"
		}
		r.problem(file, "it has no place in the layout of this source", fix)
	default:
		r.stray(parts[0], file)
	}
}

func isNote(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasSuffix(strings.ToLower(name), ".md") || name == "LICENSE" || name == "CODEOWNERS"
}

func inWorkload(parts []string, project string) bool {
	return project == "" && len(parts) > 4 && parts[0] == "projects" || project != "" && len(parts) > 2 && parts[0] == "workloads"
}

// stray refuses what is nearly a name of the layout; all else at the top is the
// repository's own.
func (r *reader) stray(name, file string) {
	for _, near := range []string{"stage", "definition", "project", "workload", "stages.yaml", "definitions.yaml", "score.yaml"} {
		if strings.EqualFold(name, near) || strings.EqualFold(name, near+"s") {
			r.problem(file, "it has no place in the layout", "use stages/NAME.yaml, definitions/NAME.yaml, projects/PROJECT/workloads/NAME/score.yaml, projects/PROJECT/gateway/ and projects/PROJECT/mesh/")
			return
		}
	}
}

// flat is a file of stages/ or definitions/.
func (r *reader) flat(parts []string, file string) {
	kind, name := StageKind, strings.TrimSuffix(parts[1], ".yaml")
	if parts[0] == "definitions" {
		kind = DefinitionKind
	}
	switch {
	case r.source.Project != "":
		r.problem(file, "a source of one project has workloads, routes and documents of the mesh alone", "make a source for the tenant: terrace source add NAME --tenant")
	case len(parts) != 2 || name == parts[1] || name == "":
		r.problem(file, "it is not read", "name it "+parts[0]+"/NAME.yaml")
	default:
		r.want(Key{Kind: kind, Name: name}, file)
	}
}

// workloadFile is a file of a project's workloads; rest begins with workloads.
func (r *reader) workloadFile(file, project string, rest []string, folders map[string]bool) {
	if len(rest) < 3 || rest[0] != "workloads" {
		r.problem(file, "it is not read", "a project has workloads/NAME/score.yaml with the files that it names, routes in gateway/ and documents of the mesh in mesh/")
		return
	}
	folder := strings.TrimSuffix(file, strings.Join(rest[2:], "/"))
	if _, known := folders[folder]; !known {
		folders[folder] = false
	}
	if len(rest) == 3 && rest[2] == "score.yaml" {
		folders[folder] = true
		r.want(Key{Kind: WorkloadKind, Project: project, Name: rest[1]}, file)
	}
}

// unscored tells of folders of workloads without the one file that counts.
func (r *reader) unscored(folders map[string]bool) {
	for folder, has := range folders {
		if !has {
			r.problem(folder+"score.yaml", "there is no such file, and so no workload", "add it, or remove the folder")
		}
	}
	slices.SortFunc(r.tree.problems, func(a, b kernel.Problem) int { return strings.Compare(a.File, b.File) })
}

func (r *reader) full(file string) string { return path.Join(r.source.Path, file) }

func (r *reader) want(k Key, file string) {
	r.tree.wanted = append(r.tree.wanted, wanted{Key: k, file: r.full(file)})
}

func (r *reader) problem(file, message, fix string) {
	r.tree.problems = append(r.tree.problems, kernel.Problem{File: r.full(file), Line: 1, Column: 1, Message: message, Fix: fix})
}
