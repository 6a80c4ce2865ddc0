package httpserver

import (
	"cmp"
	"html/template"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

// docsPage serves a page that lists the API's operations. It needs no script
// and nothing from the network.
func docsPage(api *huma.OpenAPI) http.HandlerFunc {
	page := template.Must(template.New("docs").Parse(docsTemplate))
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = page.Execute(w, map[string]any{"Info": api.Info, "Groups": groupsOf(api)}) // the client may have left
	}
}

type docsGroup struct {
	Tag        string
	Operations []*huma.Operation
}

func groupsOf(api *huma.OpenAPI) []docsGroup {
	byTag := map[string][]*huma.Operation{}
	for _, item := range api.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op == nil {
				continue
			}
			tag := "other"
			if len(op.Tags) > 0 {
				tag = op.Tags[0]
			}
			byTag[tag] = append(byTag[tag], op)
		}
	}
	groups := make([]docsGroup, 0, len(byTag))
	for tag, operations := range byTag {
		slices.SortFunc(operations, func(a, b *huma.Operation) int {
			return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
		})
		groups = append(groups, docsGroup{Tag: tag, Operations: operations})
	}
	slices.SortFunc(groups, func(a, b docsGroup) int { return cmp.Compare(a.Tag, b.Tag) })
	return groups
}

const docsTemplate = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{{.Info.Title}} API</title>
<style>
body{font:15px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;color:#1c2430;background:#fff}
h2{margin:2rem 0 .5rem;text-transform:capitalize}summary{cursor:pointer;padding:.35rem 0}
code{font:13px ui-monospace,monospace}summary code:first-child{display:inline-block;width:4.5rem;font-weight:700;color:#0b5fa5}
table{border-collapse:collapse;margin:.5rem 0 1rem}td,th{padding:.2rem .9rem .2rem 0;text-align:left;vertical-align:top}
@media(prefers-color-scheme:dark){body{color:#dde3ea;background:#12161c}a,summary code:first-child{color:#7fc0f5}}
</style></head><body>
<h1>{{.Info.Title}} API {{.Info.Version}}</h1>
<p>{{.Info.Description}} The whole contract is OpenAPI 3.1: <a href="/api/openapi.json">openapi.json</a>, <a href="/api/openapi.yaml">openapi.yaml</a>.</p>
{{range .Groups}}<h2>{{.Tag}}</h2>
{{range .Operations}}<details id="{{.OperationID}}"><summary><code>{{.Method}}</code> <code>{{.Path}}</code> {{.Summary}}</summary>
<p>{{.Description}}</p>
{{if .Parameters}}<table><tr><th>Parameter</th><th>In</th><th>What it is</th></tr>
{{range .Parameters}}<tr><td><code>{{.Name}}</code>{{if .Required}} *{{end}}</td><td>{{.In}}</td><td>{{.Description}}</td></tr>
{{end}}</table>{{end}}</details>
{{end}}{{end}}</body></html>
`
