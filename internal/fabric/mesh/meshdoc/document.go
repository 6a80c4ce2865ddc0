// Package meshdoc reads the documents of the mesh: routes as the Gateway API writes them for
// services, who may call whom, and how services of a stage speak to each other.
//
// It owns their form, their checks, and where in a file a mistake is. It knows no stage and no
// server, so that a client checks documents offline; what is done with them is the mesh's.
package meshdoc

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// What heads a document.
const (
	// APIVersion is Terrace's own.
	APIVersion = "mesh.terrace.dev/v1"
	// KindMesh and KindAuthorization are of APIVersion.
	KindMesh          = "Mesh"
	KindAuthorization = "AuthorizationPolicy"
	// GatewayAPI is that of KindHTTPRoute and KindGRPCRoute.
	GatewayAPI    = "gateway.networking.k8s.io/v1"
	KindHTTPRoute = "HTTPRoute"
	KindGRPCRoute = "GRPCRoute"
	// AtRules is the path of the rules of a document.
	AtRules = "spec.rules"
	// MeshName is the name of the one Mesh of a stage.
	MeshName = "default"
)

// Kinds returns the kinds of documents.
func Kinds() []string { return []string{KindMesh, KindAuthorization, KindHTTPRoute, KindGRPCRoute} }

// APIVersionOf returns what heads a document of a kind.
func APIVersionOf(kind string) string {
	if kind == KindMesh || kind == KindAuthorization {
		return APIVersion
	}
	return GatewayAPI
}

// The bounds of what is read at once.
const (
	MaxFiles     = 100
	MaxDocuments = 500
	// maxProblems is how many problems are told at once.
	maxProblems = 200
)

// Document is one document of a file.
type Document struct {
	Kind, Name string
	// Project and Stage are empty where the document leaves them to who applies it.
	Project, Stage string
	Spec

	doc *yamldoc.Document
}

// File is a file of documents, parted by lines of ---.
type File struct {
	Name, Source string
	// Project and Stage are those of all its documents, where they are set: one that
	// names another is a problem.
	Project, Stage string
}

// Read reads the documents of files. Its error is of kind Invalid or TooLarge, and has
// everything that is wrong with them, each with its place.
func Read(files ...File) ([]Document, error) {
	if len(files) > MaxFiles {
		return nil, kernel.Errorf(kernel.TooLarge, "there are %d files, more than the %d that are read at once", len(files), MaxFiles).WithFix("apply them in parts")
	}
	var all []Document
	var problems []kernel.Problem
	for _, f := range files {
		found, wrong, err := readFile(f)
		if err != nil {
			return nil, err
		}
		all, problems = append(all, found...), append(problems, wrong...)
		if len(all) > MaxDocuments {
			return nil, kernel.Errorf(kernel.TooLarge, "there are more than the %d documents that are read at once", MaxDocuments).WithFix("apply them in parts")
		}
	}
	if problems = append(problems, twice(all)...); len(problems) == 0 {
		return all, nil
	}
	return nil, kernel.Errorf(kernel.Invalid, "the documents are not valid").WithProblems(problems[:min(len(problems), maxProblems)]...)
}

func readFile(f File) (all []Document, problems []kernel.Problem, err error) {
	if len(f.Source) > yamldoc.MaxBytes {
		return nil, nil, kernel.Errorf(kernel.TooLarge, "%s has %d bytes, more than the %d allowed", f.Name, len(f.Source), yamldoc.MaxBytes).WithFix("part it into several files")
	}
	parts := yamldoc.Split(f.Source, MaxDocuments)
	for _, p := range parts[:min(len(parts), MaxDocuments)] {
		d, err := readOne(f.Name, p)
		if told, ok := errors.AsType[*kernel.Error](err); ok {
			if problems = append(problems, told.Problems...); len(problems) > maxProblems {
				break
			}
			continue
		}
		problems = append(problems, d.within(f)...)
		all = append(all, d)
	}
	if len(parts) == 0 {
		problems = append(problems, kernel.Problem{
			File: f.Name, Line: 1, Column: 1, Message: "the file has no document", Fix: "write one that begins with apiVersion: " + APIVersion,
		})
	}
	return all, problems, nil
}

// within gives a document the project and stage of its file.
func (d *Document) within(f File) []kernel.Problem {
	return append(d.doc.Settle("project", f.Project, &d.Project), d.doc.Settle("stage", f.Stage, &d.Stage)...)
}

func readOne(file string, p yamldoc.Part) (Document, error) {
	doc, err := yamldoc.ReadFrom(file, p.Line, []byte(p.Source))
	if err != nil {
		return Document{}, err
	}
	d := Document{doc: doc}
	root := doc.Root().Object("apiVersion", "kind", "metadata", "spec")
	version, kind := text(root, "apiVersion", "write apiVersion: "+APIVersion), text(root, "kind", "write kind: "+KindAuthorization)
	if version != "" && kind != "" {
		d.Kind = d.head(root, version, kind)
	}
	if m, ok := root.Require("metadata", "write metadata: {name: NAME}"); ok {
		d.metadata(m.Object("name", "project", "stage"))
	}
	if spec, ok := root.Require("spec", "say what the document is for"); ok && d.Kind != "" {
		d.read(spec)
		for _, wrong := range d.check() {
			doc.Report(doc.Find(wrong.Path), wrong.Path, wrong.Message, wrong.Fix)
		}
	}
	return d, doc.Err("")
}

// head returns the kind of a document that there is.
func (d *Document) head(root yamldoc.Object, version, kind string) string {
	if version != APIVersion && version != GatewayAPI {
		v, _ := root.Get("apiVersion")
		v.Problem("use "+APIVersion+", or "+GatewayAPI+" for routes", "there is no version %q of the mesh's documents", version)
		return ""
	}
	if slices.Contains(Kinds(), kind) && APIVersionOf(kind) == version {
		return kind
	}
	v, _ := root.Get("kind")
	fix := "use one of " + strings.Join(Kinds(), ", ")
	if near := yamldoc.Nearest(kind, Kinds()); near != "" {
		fix = "did you mean " + near + " of " + APIVersionOf(near) + "?"
	}
	v.Problem(fix, "there is no kind %s of %s in the mesh", kind, version)
	return ""
}

func (d *Document) metadata(m yamldoc.Object) {
	d.Name = text(m, "name", "give the document a name")
	for key, to := range map[string]*string{"project": &d.Project, "stage": &d.Stage} {
		if v, ok := m.Get(key); ok {
			*to, _ = v.String()
		}
	}
	if v, ok := m.Get("name"); ok && d.Name != "" && !isName(d.Name) {
		v.Problem("use lower-case letters, digits and hyphens, at most 63", "%q is no name", d.Name)
	}
}

func (d *Document) read(spec yamldoc.Value) {
	switch d.Kind {
	case KindMesh:
		d.Mesh = &Mesh{}
		yamldoc.Decode(spec, d.Mesh)
	case KindAuthorization:
		d.Authorization = &Authorization{}
		yamldoc.Decode(spec, d.Authorization)
	case KindGRPCRoute:
		d.GRPCRoute = &GRPCRoute{}
		yamldoc.Decode(spec, d.GRPCRoute)
	default:
		d.Route = &Route{}
		yamldoc.Decode(spec, d.Route)
	}
}

// Placed gives the problems of an error about the document their places in its file; an error
// without problems becomes one. What there is not is of no place in it.
func (d Document) Placed(err error) error {
	told, ok := errors.AsType[*kernel.Error](err)
	if !ok || d.doc == nil || told.Kind == kernel.Internal || told.Kind == kernel.NotFound || told.Kind == kernel.Denied || told.Kind == kernel.Unavailable {
		return err
	}
	problems := slices.Clone(told.Problems)
	if len(problems) == 0 {
		problems = []kernel.Problem{{Message: told.Message, Fix: told.Fix, Path: "metadata.name"}}
	}
	for i, p := range problems {
		at := d.doc.Find(p.Path)
		problems[i].File, problems[i].Line, problems[i].Column = d.doc.File, at.Line, at.Column
	}
	return kernel.Errorf(told.Kind, "%s", told.Message).WithProblems(problems...)
}

// Warn is what is probably not meant with the document, at a path of it. Of a document that was
// not read from a file its kind and name are the place.
func (d Document) Warn(path, fix, message string) kernel.Problem {
	if d.doc == nil {
		return kernel.Problem{File: d.Kind + " " + d.Name, Path: path, Message: message, Fix: fix}
	}
	at := d.doc.Find(path)
	return kernel.Problem{File: d.doc.File, Line: at.Line, Column: at.Column, Path: path, Message: message, Fix: fix}
}

// twice tells of documents that say one thing.
func twice(all []Document) []kernel.Problem {
	first := map[[4]string]Document{}
	var problems []kernel.Problem
	for _, d := range all {
		key := [4]string{d.Kind, d.Project, d.Stage, d.Name}
		if before, ok := first[key]; ok {
			place := before.doc.File + ":" + strconv.Itoa(before.doc.Root().At().Line)
			problems = append(problems, d.Warn("metadata.name", "remove one; the first is "+place, d.Kind+" "+d.Name+" is here a second time"))
			continue
		}
		first[key] = d
	}
	return problems
}

func text(o yamldoc.Object, key, fix string) string {
	v, ok := o.Require(key, fix)
	if !ok {
		return ""
	}
	s, _ := v.String()
	return s
}
