package apispecvcs

import (
	"context"
	"path"
	"strings"

	"github.com/terrace-idp/terrace/internal/catalog/apispec"
	"github.com/terrace-idp/terrace/internal/catalog/apispec/openapi"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// The bounds of the file.
const (
	maxFile    = 256 << 10
	maxEntries = 50
)

// entry is one API of the file.
type entry struct {
	api, version, document string
	publish                bool
	// file and at are where it is written.
	file string
	at   yamldoc.Position
	// source is the document's text; problems are why there is none.
	source   string
	problems []kernel.Problem
}

func (e entry) problem(message, fix string) kernel.Problem {
	return kernel.Problem{File: e.file, Line: e.at.Line, Column: e.at.Column, Path: e.api + " " + e.version, Message: message, Fix: fix}
}

// refused tells that an error is about the content, or about what may be.
func refused(err error) bool {
	switch kernel.KindOf(err) { //nolint:exhaustive // all else is of the moment, or of Terrace
	case kernel.Invalid, kernel.TooLarge, kernel.NotFound, kernel.Refused, kernel.Denied:
		return true
	}
	return false
}

// problems are an error's, each in a file; what has no place is at the entry.
func (e entry) refusal(err error) []kernel.Problem {
	told, ok := err.(*kernel.Error) //nolint:errorlint // one that is wrapped is told whole
	if !ok || len(told.Problems) == 0 {
		p := e.problem(err.Error(), "")
		if ok {
			p.Message, p.Fix = told.Message, told.Fix
		}
		return []kernel.Problem{p}
	}
	out := []kernel.Problem{e.problem(told.Message, told.Fix)}
	for _, p := range told.Problems {
		if p.File = e.document; p.Line == 0 {
			p.Line, p.Column = 1, 1
		}
		out = append(out, p)
	}
	return out
}

// read reads what a commit says of its APIs, with their documents. Its error is one
// of reading, not of what was read.
func read(ctx context.Context, files gitexec.Repo, commit, file string) (all []entry, problems []kernel.Problem, err error) {
	src, err := files.Read(ctx, commit, file, maxFile)
	if refused(err) {
		return nil, []kernel.Problem{{File: file, Line: 1, Column: 1, Message: err.Error(), Fix: "write which APIs the repository has: apis: [{api: orders, version: v1, document: openapi.yaml}]"}}, nil
	}
	if err != nil {
		return nil, nil, err
	}
	all, err = parse(file, src)
	if err != nil {
		told, ok := err.(*kernel.Error) //nolint:errorlint // it comes from here
		if ok && len(told.Problems) > 0 {
			return nil, told.Problems, nil
		}
		return nil, []kernel.Problem{{File: file, Line: 1, Column: 1, Message: err.Error()}}, nil
	}
	for i := range all {
		e := &all[i]
		text, err := files.Read(ctx, commit, e.document, openapi.MaxBytes)
		if refused(err) {
			e.problems = []kernel.Problem{e.problem(err.Error(), "name a file of the repository, from the folder of "+file)}
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		e.source = string(text)
	}
	return all, nil, nil
}

// parse reads the file.
func parse(file string, src []byte) ([]entry, error) {
	doc, err := yamldoc.Read(file, src)
	if err != nil {
		return nil, err
	}
	var all []entry
	seen := map[string]bool{}
	root := doc.Root().Object("apis")
	if list, ok := root.Require("apis", "write apis: with a list of api, version and document"); ok {
		list.Items(func(i int, item yamldoc.Value) {
			switch e, ok := one(file, item); {
			case !ok:
			case i == maxEntries:
				item.Problem("divide the repository", "there are more than the %d APIs allowed", maxEntries)
			case i > maxEntries:
			case seen[e.api+" "+e.version]:
				item.Problem("remove one", "%s %s is here a second time", e.api, e.version)
			default:
				seen[e.api+" "+e.version] = true
				all = append(all, e)
			}
		})
	}
	return all, doc.Err(file + " does not say which APIs there are")
}

// one reads an entry.
func one(file string, item yamldoc.Value) (e entry, ok bool) {
	o := item.Object("api", "version", "document", "publish")
	if !o.OK() {
		return e, false
	}
	e, ok = entry{file: file, at: item.At()}, true
	for _, f := range []struct {
		key, fix string
		into     *string
	}{
		{"api", "name the API, such as orders", &e.api},
		{"version", "name the version, such as v1", &e.version},
		{"document", "name the file of its OpenAPI document, from the folder of " + file, &e.document},
	} {
		v, there := o.Require(f.key, f.fix)
		if !there {
			ok = false
			continue
		}
		text, is := v.String()
		*f.into, ok = text, ok && is
	}
	if v, there := o.Get("publish"); there {
		if e.publish, there = v.Bool(); !there {
			ok = false
		}
	}
	if !ok {
		return e, false
	}
	if err := (apispec.Key{API: e.api, Version: e.version}).Check(); err != nil {
		item.Problem("use lower-case letters, digits, dots and hyphens, such as orders and v1", "%s %s cannot be named so", e.api, e.version)
		return e, false
	}
	full := path.Join(path.Dir(file), e.document)
	if path.IsAbs(e.document) || full == ".." || strings.HasPrefix(full, "../") {
		item.Problem("name a file of the repository", "%s leads out of the repository", e.document)
		return e, false
	}
	e.document = full
	return e, true
}
