package workload_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const full = `apiVersion: score.dev/v1b1
metadata:
  name: orders
  team: shop
  sizes: {small: 1}
  annotations:
    terrace.dev/owner: shop
service:
  ports:
    web: {port: 80, targetPort: 8080}
    metrics: {port: 9090, protocol: UDP}
containers:
  main:
    image: .
    command: ["./app"]
    args: ["-v", "$${HOME}"]
    variables:
      URL: "redis://${resources.cache.host}:${resources.cache.port}"
      WHO: ${metadata.name} of ${metadata.annotations.terrace.dev/owner} $${x} $$y $z
      NAME: ${resources.cache}
      DEEP: ${resources.cache.nodes.first.host}
    files:
      /etc/app.conf:
        mode: "600"
        content: |
          host=${resources.cache.host}
      /raw: {content: "${not.expanded}", noExpand: true}
      /bin: {binaryContent: ADBgwpA=}
      /src: {source: ./file.txt}
    volumes:
      /data: {source: "${resources.disk}", path: sub, readOnly: true}
    resources:
      limits: {cpu: "0.5", memory: 128Mi}
      requests: {cpu: 250m, memory: 1000}
    livenessProbe:
      httpGet: {port: 8080, path: /livez, scheme: HTTPS, host: h, httpHeaders: [{name: A, value: b}]}
      exec: {command: [true-command]}
  init:
    image: busybox
    before: {main: {ready: complete}}
resources:
  cache: {type: redis, class: large, id: main, params: {size: 3, name: "${metadata.name}", peer: "x-${resources.disk.path}"}}
  disk: {type: volume, metadata: {annotations: {a1.b2/c-d: e}}}
`

func parse(t *testing.T, src string) *workload.Workload {
	t.Helper()
	w, err := workload.Parse("score.yaml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func texts(t workload.Template) (out []string) {
	for _, p := range t.Parts {
		if p.Ref != nil {
			out = append(out, p.Ref.String())
			continue
		}
		out = append(out, p.Literal)
	}
	return out
}

func TestParseReadsEverything(t *testing.T) {
	t.Parallel()
	w := parse(t, full)
	main := w.Containers["main"]
	cases := map[string]struct{ got, want any }{
		"name":             {w.Name, "orders"},
		"extra metadata":   {w.Metadata["sizes"], map[string]any{"small": int64(1)}},
		"annotations":      {w.Annotations, map[string]string{"terrace.dev/owner": "shop"}},
		"port":             {w.Service.Ports["web"].TargetPort, 8080},
		"default target":   {w.Service.Ports["metrics"].TargetPort, 9090},
		"protocol":         {w.Service.Ports["web"].Protocol + w.Service.Ports["metrics"].Protocol, "TCPUDP"},
		"args verbatim":    {main.Args, []string{"-v", "$${HOME}"}},
		"references":       {texts(main.Variables["URL"]), []string{"redis://", "${resources.cache.host}", ":", "${resources.cache.port}"}},
		"metadata, escape": {texts(main.Variables["WHO"]), []string{"orders of shop ${x} $y $z"}},
		"resource alone":   {texts(main.Variables["NAME"]), []string{"cache"}},
		"keys":             {main.Variables["DEEP"].Refs()[0].Keys, []string{"first", "host"}},
		"mode":             {main.Files["/etc/app.conf"].Mode, "0600"},
		"content":          {texts(main.Files["/etc/app.conf"].Content), []string{"host=", "${resources.cache.host}", "\n"}},
		"content's place":  {main.Files["/etc/app.conf"].Content.Refs()[0].At, workload.Position{File: "score.yaml", Line: 26, Column: 16}},
		"no expansion":     {texts(main.Files["/raw"].Content), []string{"${not.expanded}"}},
		"binary":           {main.Files["/bin"].Binary, []byte{0, 0x30, 0x60, 0xc2, 0x90}},
		"sources":          {w.Sources(), []string{"./file.txt"}},
		"volume":           {texts(main.Volumes["/data"].Source), []string{"${resources.disk.source}"}},
		"read only":        {main.Volumes["/data"].ReadOnly, true},
		"cpu":              {main.Resources.Limits.Millicores() + main.Resources.Requests.Millicores(), int64(750)},
		"memory":           {main.Resources.Limits.Bytes() + main.Resources.Requests.Bytes(), int64(128<<20 + 1000)},
		"probe":            {*main.LivenessProbe.HTTP, workload.HTTPProbe{Scheme: "HTTPS", Host: "h", Path: "/livez", Port: 8080, Headers: []workload.Header{{Name: "A", Value: "b"}}}},
		"exec":             {main.LivenessProbe.Exec, []string{"true-command"}},
		"no probe":         {main.ReadinessProbe == nil, true},
		"before":           {w.Containers["init"].Before, map[string]workload.Condition{"main": workload.Complete}},
		"identity":         {w.Resources["cache"].Type + w.Resources["cache"].Class + w.Resources["cache"].ID, "redislargemain"},
		"default class":    {w.Resources["disk"].Class, "default"},
		"literal params":   {w.Resources["cache"].Params["name"], "orders"},
		"number params":    {w.Resources["cache"].Params["size"], int64(3)},
		"params":           {texts(w.Resources["cache"].Params["peer"].(workload.Template)), []string{"x-", "${resources.disk.path}"}},
		"resource note":    {w.Resources["disk"].Annotations["a1.b2/c-d"], "e"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, c.got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCanonicalForm(t *testing.T) {
	t.Parallel()
	const head = "apiVersion: score.dev/v1b1\nmetadata: {name: orders}\n"
	cases := map[string]struct {
		reason string
		a, b   string
		same   bool
	}{
		"order and comments": {
			"neither has a meaning",
			head + "containers: {main: {image: i, args: [a]}}\n",
			"# hello\ncontainers:\n  main:\n    args: [a]\n    image: \"i\"\n" + head, true,
		},
		"defaults": {
			"a default written out means the same",
			head + "containers: {main: {image: i, livenessProbe: {httpGet: {port: 1, path: /}}}}\nservice: {ports: {web: {port: 80}}}\nresources: {db: {type: mysql}}\n",
			head + "containers: {main: {image: i, command: [], livenessProbe: {httpGet: {port: 1, path: /, scheme: HTTP}}, readinessProbe: {}}}\n" +
				"service: {ports: {web: {port: 80, protocol: TCP, targetPort: 80}}}\nresources: {db: {type: mysql, class: default, params: {}}}\n", true,
		},
		"list forms": {
			"the deprecated lists are maps by target",
			head + "containers: {main: {image: i, files: {/a: {content: x, mode: \"0644\"}}, volumes: {/v: {source: s}}}}\n",
			head + "containers: {main: {image: i, files: [{target: /a, content: x, mode: \"644\"}], volumes: [{target: /v, source: s, readOnly: false}]}}\n", true,
		},
		"numbers as quantities": {
			"0.5 and \"0.5\" are the same amount",
			head + "containers: {main: {image: i, resources: {limits: {cpu: 0.5, memory: 128}}}}\n",
			head + "containers: {main: {image: i, resources: {limits: {cpu: \"0.5\", memory: \"128\"}}}}\n", true,
		},
		"class": {
			"another class is another resource",
			head + "containers: {main: {image: i}}\nresources: {db: {type: mysql}}\n",
			head + "containers: {main: {image: i}}\nresources: {db: {type: mysql, class: big}}\n", false,
		},
		"expansion": {
			"an unexpanded content is another content",
			head + "containers: {main: {image: i, files: {/a: {content: x}}}}\n",
			head + "containers: {main: {image: i, files: {/a: {content: x, noExpand: true}}}}\n", false,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := string(parse(t, c.a).Canonical()), string(parse(t, c.b).Canonical())
			if (a == b) != c.same {
				t.Errorf("%s:\n%s\n%s", c.reason, a, b)
			}
			if again := string(parse(t, a).Canonical()); again != a {
				t.Errorf("its own canonical form is read as something else:\n%s\n%s", a, again)
			}
		})
	}
}

func TestCorpus(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "..", "..", "shared", "corpora", "score")
	files, _ := filepath.Glob(filepath.Join(root, "*", "*.yaml"))
	if len(files) == 0 {
		t.Skipf("the corpus of Score files is not there: %s", root)
	}
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) {
			t.Parallel()
			src, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			canonical := parse(t, string(src)).Canonical()
			if again := parse(t, string(canonical)).Canonical(); string(again) != string(canonical) {
				t.Errorf("the canonical form changes when it is read:\n%s\n%s", canonical, again)
			}
		})
	}
}

func TestInline(t *testing.T) {
	t.Parallel()
	src := "apiVersion: score.dev/v1b1\nmetadata: {name: orders}\ncontainers:\n  main:\n    image: .\n    files:\n" +
		"      /a: {mode: \"0600\", source: 'it''s.txt'} # kept\n      /b:\n        source: b.bin\n      /c: {\"source\": \"c\\\".txt\"}\n" +
		"resources: {db: {type: mysql}}\n"
	files := map[string]string{"it's.txt": "host=${resources.db.host}\n\u0085", "b.bin": "\xff\x00", `c".txt`: ""}
	out, err := workload.Inline("score.yaml", []byte(src), func(path string) ([]byte, error) {
		content, ok := files[path]
		if !ok {
			return nil, errors.New("no such file")
		}
		return []byte(content), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w := parse(t, string(out))
	got := w.Containers["main"].Files
	if len(w.Sources()) != 0 || w.Resources["db"].At.Line != parse(t, src).Resources["db"].At.Line {
		t.Errorf("sources %v, and the lines must stay:\n%s", w.Sources(), out)
	}
	if diff := cmp.Diff([]string{"host=", "${resources.db.host}", "\n\u0085"}, texts(got["/a"].Content)); diff != "" {
		t.Error(diff)
	}
	if string(got["/b"].Binary) != "\xff\x00" || got["/c"].Content.Raw != "" || got["/a"].Mode != "0600" {
		t.Errorf("inlined as %+v", got)
	}
	delete(files, "b.bin")
	_, err = workload.Inline("score.yaml", []byte(src), func(string) ([]byte, error) { return nil, errors.New("no such file") })
	e, ok := errors.AsType[*kernel.Error](err)
	if !ok || len(e.Problems) != 3 || e.Problems[1].Line != 9 || e.Problems[1].Column != 17 {
		t.Errorf("missing sources: %v", err)
	}
}

// A usage file is read where it is named, on its line.
func TestInlineUsage(t *testing.T) {
	t.Parallel()
	src := "apiVersion: score.dev/v1b1\nmetadata:\n  name: orders\n  annotations:\n    terrace.dev/usage-file: use.yaml # expected\ncontainers:\n  main:\n    image: .\n"
	const use = "resource_type_default_usage:\n  azurerm_lb:\n    x: \"1\"\n"
	out, err := workload.Inline("score.yaml", []byte(src), func(path string) ([]byte, error) {
		if path != "use.yaml" {
			return nil, errors.New("no such file")
		}
		return []byte(use), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w := parse(t, string(out))
	if w.Annotations[workload.UsageAnnotation] != use || w.Annotations[workload.UsageFileAnnotation] != "" || strings.Count(string(out), "\n") != strings.Count(src, "\n") {
		t.Errorf("%v in\n%s", w.Annotations, out)
	}
	for name, content := range map[string]string{"too large": strings.Repeat("x", 70_000), "no text": "\xff"} {
		_, err := workload.Inline("score.yaml", []byte(src), func(string) ([]byte, error) { return []byte(content), nil })
		if e, ok := errors.AsType[*kernel.Error](err); !ok || len(e.Problems) != 1 || e.Problems[0].Line != 5 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSecretsOfTheStageAreReferredTo(t *testing.T) {
	t.Parallel()
	w := parse(t, `apiVersion: score.dev/v1b1
metadata: {name: orders}
containers:
  main:
    image: i
    variables: {A: "x${secret:db/credentials#password}$${y}${secret:key}", B: plain}
    files: {/a: {content: "${secret:key}"}, /b: {content: "${secret:key}", noExpand: true}}
`)
	main := w.Containers["main"]
	want := []workload.Part{
		{Literal: "x"},
		{Secret: "db/credentials#password", At: workload.Position{File: "score.yaml", Line: 6, Column: 22}},
		{Literal: "${y}"},
		{Secret: "key", At: workload.Position{File: "score.yaml", Line: 6, Column: 60}},
	}
	if d := cmp.Diff(want, main.Variables["A"].Parts); d != "" {
		t.Error(d)
	}
	if _, ok := main.Files["/a"].Content.Literal(); ok || len(w.SecretUses()) != 3 {
		t.Error("a file with a secret passes for text")
	}
	if text, ok := main.Files["/b"].Content.Literal(); !ok || text != "${secret:key}" {
		t.Errorf("a file that is not expanded is %q", text)
	}
}
