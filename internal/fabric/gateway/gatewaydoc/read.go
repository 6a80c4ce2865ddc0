package gatewaydoc

import (
	"errors"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// The bounds of what is read at once.
const (
	MaxFiles     = 100
	MaxDocuments = 500
	// maxProblems is how many problems are told at once.
	maxProblems = 200
)

// File is a file of documents, parted by lines of ---.
type File struct {
	Name, Source string
	// Project and Stage are those of all its documents, where they are set: one that
	// names another is a problem.
	Project, Stage string
}

// Read reads the documents of files. Its error is of kind Invalid or TooLarge, and has
// everything that is wrong with their form, each with its place.
func Read(files ...File) ([]Document, error) {
	if len(files) > MaxFiles {
		return nil, kernel.Errorf(kernel.TooLarge, "there are %d files, more than the %d that are read at once", len(files), MaxFiles).
			WithFix("apply them in parts")
	}
	var all []Document
	var problems []kernel.Problem
	for _, f := range files {
		if len(problems) > maxProblems {
			break
		}
		found, wrong, err := readFile(f)
		if err != nil {
			return nil, err
		}
		problems = append(problems, wrong...)
		for i := range found {
			problems = append(problems, found[i].within(f)...)
		}
		if all = append(all, found...); len(all) > MaxDocuments {
			return nil, kernel.Errorf(kernel.TooLarge, "there are more than the %d documents that are read at once", MaxDocuments).
				WithFix("apply them in parts")
		}
	}
	return all, invalid(append(problems, twice(all)...))
}

func invalid(problems []kernel.Problem) error {
	if len(problems) == 0 {
		return nil
	}
	message := "the documents are not valid"
	if len(problems) > maxProblems {
		problems, message = problems[:maxProblems], message+"; these are their first problems"
	}
	return kernel.Errorf(kernel.Invalid, "%s", message).WithProblems(problems...)
}

// twice tells of documents that say one thing.
func twice(all []Document) []kernel.Problem {
	first := map[string]Document{}
	var problems []kernel.Problem
	for _, d := range all {
		class := "policy"
		switch {
		case d.IsRoute():
			class = "route"
		case d.IsProduct():
			class = "product"
		}
		key := strings.Join([]string{class, d.Project, d.Stage, d.Name}, "/")
		if before, ok := first[key]; ok {
			at := d.doc.Find("metadata.name")
			problems = append(problems, kernel.Problem{
				File: d.doc.File, Line: at.Line, Column: at.Column, Path: "metadata.name",
				Message: class + " " + d.Name + " is here a second time", Fix: "remove one; the first is " + before.Place(),
			})
			continue
		}
		first[key] = d
	}
	return problems
}

// readFile returns a file's documents, and what is wrong with others in it.
func readFile(f File) ([]Document, []kernel.Problem, error) {
	if len(f.Source) > yamldoc.MaxBytes {
		return nil, nil, kernel.Errorf(kernel.TooLarge, "%s has %d bytes, more than the %d allowed", f.Name, len(f.Source), yamldoc.MaxBytes).
			WithFix("part it into several files")
	}
	var all []Document
	var problems []kernel.Problem
	parts := yamldoc.Split(f.Source, MaxDocuments)
	if len(parts) > MaxDocuments {
		return nil, nil, kernel.Errorf(kernel.TooLarge, "%s has more than the %d documents that are read at once", f.Name, MaxDocuments).
			WithFix("part it into several files")
	}
	for _, p := range parts {
		if len(problems) > maxProblems {
			break
		}
		d, err := readOne(f.Name, p)
		var told *kernel.Error
		if errors.As(err, &told) {
			problems = append(problems, told.Problems...)
			continue
		}
		all = append(all, d)
	}
	if len(parts) == 0 {
		problems = append(problems, kernel.Problem{
			File: f.Name, Line: 1, Column: 1, Message: "the file has no document", Fix: "write one that begins with apiVersion: " + APIVersion,
		})
	}
	return all, problems, nil
}
