package module

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// registrySource is a module of a registry: a name of its host before it, and a folder in it
// behind it, as they like. A host is a name, and no address: nobody runs a registry at one.
var registrySource = regexp.MustCompile(`^(?:((?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*)(?::[0-9]+)?/)?[A-Za-z0-9_-]+/[A-Za-z0-9_-]+/[a-z0-9]+(?://[^?]*)?$`)

// repositoryHost is a host that terraform takes for one of git, wherever else it would see a
// registry.
var repositoryHost = regexp.MustCompile(`^(github\.com|gitlab\.com|bitbucket\.org)$`)

// sourcesOf says which of the modules that a file calls come from somewhere that the digest
// of this version does not hold, and that whoever initialises it would have to call: an
// address of git, a server, a bucket or a path outside.
func sourcesOf(name string, body hcl.Body) []kernel.Problem {
	found, _, _ := body.PartialContent(&hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{{Type: "module", LabelNames: []string{"name"}}}})
	var problems []kernel.Problem
	for _, call := range found.Blocks {
		content, _, _ := call.Body.PartialContent(&hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "source"}}})
		source := content.Attributes["source"]
		if source == nil {
			continue // the tool says so
		}
		value, _ := source.Expr.Value(nil)
		why := "comes from what is known when it is initialised"
		if value.Type() == cty.String && value.IsKnown() && !value.IsNull() {
			why = wrongSource(path.Dir(name), value.AsString())
		}
		if why != "" {
			problems = append(problems, kernel.Problem{
				File: name, Line: source.Range.Start.Line, Column: source.Range.Start.Column, Message: fmt.Sprintf("the module %q %s", call.Labels[0], why),
				Fix: "put its files beneath this module, such as ./modules/NAME, or publish it and name it terrace.localhost/NAMESPACE/NAME/SYSTEM with a version",
			})
		}
	}
	return problems
}

// wrongSource says what is wrong with where a module in the folder gets another one from, ""
// where nothing is.
func wrongSource(folder, source string) string {
	if strings.HasPrefix(source, "./") || strings.HasPrefix(source, "../") {
		if at := path.Join(folder, source); at == ".." || strings.HasPrefix(at, "../") || strings.Contains(source, `\`) {
			return "leads out of the archive"
		}
		return ""
	}
	if parts := registrySource.FindStringSubmatch(source); parts != nil && !repositoryHost.MatchString(parts[1]) {
		return ""
	}
	return fmt.Sprintf("comes from %.200q, which no digest of this version holds", source)
}
