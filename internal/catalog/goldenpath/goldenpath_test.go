package goldenpath_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	goldenpaths "github.com/terrace-idp/terrace/golden-paths"
	"github.com/terrace-idp/terrace/internal/catalog/goldenpath"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func scaffold(t *testing.T, given map[string]any) *goldenpath.Project {
	t.Helper()
	path, err := goldenpath.Find(goldenpaths.Shipped, "go-service")
	if err != nil {
		t.Fatal(err)
	}
	values, err := path.Values(given)
	if err != nil {
		t.Fatal(err)
	}
	project, err := path.Render(values)
	if err != nil {
		t.Fatal(err)
	}
	return project
}

func TestShippedServiceBuildsAndPassesItsTests(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "orders")
	project := scaffold(t, map[string]any{"name": "orders", "costcenter": "4711", "description": `Says "hello"`})
	if err := project.Write(dir); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (string, error) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, "go", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOFLAGS=-mod=readonly", "CGO_ENABLED=0", "GOWORK=off")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := run("mod", "download"); err != nil {
		t.Skipf("the modules of the service cannot be had here: %s", out)
	}
	for _, args := range [][]string{{"build", "-o", filepath.Join(t.TempDir(), "app"), "."}, {"vet", "./..."}, {"test", "./..."}} {
		if out, err := run(args...); err != nil {
			t.Errorf("go %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

func TestShippedServiceIsComplete(t *testing.T) {
	t.Parallel()
	project := scaffold(t, map[string]any{"name": "orders", "costcenter": "007", "stage": "lab"})
	for _, name := range []string{
		"score.yaml", "go.mod", "go.sum", "main.go", "VERSION", "README.md", "docs/runbook.md",
		"catalog-info.yaml", "openapi.yaml", ".github/workflows/ci.yml", ".gitignore",
	} {
		if _, ok := project.Files[name]; !ok {
			t.Errorf("%s is missing", name)
		}
	}
	for name, f := range project.Files {
		if strings.HasSuffix(name, ".tmpl") || strings.Contains(string(f.Content), "${{ values") {
			t.Errorf("%s is not rendered", name)
		}
	}
	score := string(project.Files["score.yaml"].Content)
	for _, want := range []string{"name: orders", `costcenter: "007"`, "${resources.cache.host}"} {
		if !strings.Contains(score, want) {
			t.Errorf("score.yaml lacks %s", want)
		}
	}
	workflow := string(project.Files[".github/workflows/ci.yml"].Content)
	for _, want := range []string{"${{ secrets.TERRACE_TOKEN }}", "${{ vars.TERRACE_ADDRESS }}", "environment: lab", `--stage lab --reason "${{ github.sha }}"`} {
		if !strings.Contains(workflow, want) {
			t.Errorf("the workflow lacks %s", want)
		}
	}
	if next := project.Output.Text[0].Content; !strings.Contains(next, "--stage lab") {
		t.Errorf("the next steps: %s", next)
	}
}

func TestParametersAreChecked(t *testing.T) {
	t.Parallel()
	path, err := goldenpath.Find(goldenpaths.Shipped, "go-service")
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		given map[string]any
		paths []string
	}{
		"what is required is named":       {map[string]any{}, []string{"name", "costcenter"}},
		"a bad name is shown":             {map[string]any{"name": "Orders!", "costcenter": "1"}, []string{"name"}},
		"an unknown parameter is refused": {map[string]any{"name": "orders", "costcenter": "1", "color": "red"}, []string{"color"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := path.Values(c.given)
			if !kernel.Is(err, kernel.Invalid) {
				t.Fatalf("got %v", err)
			}
			var got []string
			for _, p := range err.(*kernel.Error).Problems { //nolint:errorlint // the documented type
				got = append(got, p.Path)
			}
			if d := cmp.Diff(c.paths, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestNothingIsOverwritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mine"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := scaffold(t, map[string]any{"name": "orders", "costcenter": "1"}).Write(dir)
	if !kernel.Is(err, kernel.Conflict) {
		t.Errorf("got %v", err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("%d entries are left", len(entries))
	}
}

func template(steps string) fstest.MapFS {
	return fstest.MapFS{
		"template.yaml": {Data: []byte("apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nmetadata: {name: x}\nspec:\n" +
			"  parameters: {properties: {name: {type: string}, count: {type: integer}}}\n  steps:\n" + steps)},
		"skeleton/${{ values.name }}.txt": {Data: []byte("hello ${{ values.name | upper }}")},
		"skeleton/raw.txt":                {Data: []byte("{{ left }}")},
		"block/a.txt":                     {Data: []byte("x\n{% if a %}")},
	}
}

func TestSteps(t *testing.T) {
	t.Parallel()
	fetch := "  - {id: a, action: 'fetch:template', input: {url: ./skeleton, values: {name: '${{ parameters.name }}'}}}\n"
	cases := map[string]struct {
		steps string
		kind  kernel.Kind
		files []string
	}{
		"names and contents are rendered": {steps: fetch, files: []string{"orders.txt", "raw.txt"}},
		"a false condition skips": {
			steps: fetch + "  - {id: b, if: '${{ parameters.name == \"other\" }}', action: 'fs:delete', input: {files: [raw.txt]}}\n",
			files: []string{"orders.txt", "raw.txt"},
		},
		"rename and delete":                 {steps: fetch + "  - {id: b, action: 'fs:rename', input: {files: [{from: raw.txt, to: d/r.txt}]}}\n  - {id: c, action: 'fs:delete', input: {files: [orders.txt]}}\n", files: []string{"d/r.txt"}},
		"an unknown action is refused":      {steps: fetch + "  - {id: b, action: 'publish:github'}\n", kind: kernel.Invalid},
		"an unknown input is refused":       {steps: "  - {id: a, action: 'fetch:plain', input: {url: ./skeleton, token: x}}\n", kind: kernel.Invalid},
		"a url elsewhere is refused":        {steps: "  - {id: a, action: 'fetch:plain', input: {url: 'https://example.com/x'}}\n", kind: kernel.Invalid},
		"a url above is refused":            {steps: "  - {id: a, action: 'fetch:plain', input: {url: ../x}}\n", kind: kernel.Invalid},
		"a target above is refused":         {steps: "  - {id: a, action: 'fetch:plain', input: {url: ./skeleton, targetPath: ../../x}}\n", kind: kernel.Invalid},
		"a block is refused, not printed":   {steps: "  - {id: a, action: 'fetch:template', input: {url: ./block}}\n", kind: kernel.Invalid},
		"an unset value is refused":         {steps: "  - {id: a, action: 'debug:log', input: {message: '${{ parameters.count }}'}}\n", kind: kernel.Invalid},
		"deleting nothing is not success":   {steps: "  - {id: a, action: 'fs:delete', input: {files: [gone]}}\n", kind: kernel.NotFound},
		"a default stands in for a value":   {steps: "  - {id: a, action: 'debug:log', input: {message: '${{ parameters.count | default(3) }}'}}\n", files: nil},
		"an unknown filter is an error":     {steps: "  - {id: a, action: 'debug:log', input: {message: '${{ parameters.name | shout }}'}}\n", kind: kernel.Invalid},
		"an open expression is an error":    {steps: "  - {id: a, action: 'debug:log', input: {message: '${{ parameters.name'}}\n", kind: kernel.Invalid},
		"two values in one text are joined": {steps: "  - {id: a, action: 'fetch:plain', input: {url: ./block, targetPath: '${{ parameters.name }}-${{ parameters.name }}'}}\n", files: []string{"orders-orders/a.txt"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			project, err := render(template(c.steps), map[string]any{"name": "orders"})
			if kind := kernel.KindOf(err); kind != c.kind {
				t.Fatalf("kind %q, want %q: %v", kind, c.kind, err)
			}
			if err != nil {
				return
			}
			if d := cmp.Diff(c.files, project.Paths()); d != "" {
				t.Error(d)
			}
		})
	}
}

func render(files fstest.MapFS, given map[string]any) (*goldenpath.Project, error) {
	path, err := goldenpath.Load(files)
	if err != nil {
		return nil, err
	}
	values, err := path.Values(given)
	if err != nil {
		return nil, err
	}
	return path.Render(values)
}

func TestExpand(t *testing.T) {
	t.Parallel()
	scope := map[string]any{"values": map[string]any{"name": "Orders", "on": true, "empty": "", "n": 3, "list": []any{"a"}}}
	cases := map[string]string{
		"plain $x ${y} {{ z }}":                  "plain $x ${y} {{ z }}",
		"${{ values.name | lower }}":             "orders",
		"${{ values.name|replace('O', \"0\") }}": "0rders",
		"${{ values.empty or 'x' }}":             "x",
		"${{ values.gone | default('x') }}":      "x",
		"${{ values.on and values.n == 3 }}":     "true",
		"${{ not (values.name != 'Orders') }}":   "true",
		"${{ values['name'] }}${{ values.n }}":   "Orders3",
		"${{ values.list | dump }}":              `["a"]`,
		"${{ 'a }' }}":                           "a }",
	}
	for source, want := range cases {
		if got, err := goldenpath.Expand("f", source, scope); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", source, got, err, want)
		}
	}
}

func FuzzExpand(f *testing.F) {
	f.Add("${{ values.name | upper }}")
	f.Add("a ${{ ( not x == 'y' ) }} b ${{")
	f.Fuzz(func(t *testing.T, source string) {
		out, err := goldenpath.Expand("f", source, map[string]any{"values": map[string]any{"name": "n"}})
		if err == nil && !strings.Contains(source, "${{") && out != source {
			t.Errorf("text without an expression changed: %q", out)
		}
	})
}
