package render_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/render"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func literal(text string) workload.Template {
	return workload.Template{Raw: text, Parts: []workload.Part{{Literal: text}}}
}

func pin(name string) graph.ModulePin {
	return graph.ModulePin{Source: "terrace/" + name + "/local", Version: "1.0.0"}
}

// small is a workload with a cache.
func small() render.Input {
	return render.Input{
		Graph: &graph.Graph{
			Workload: "orders",
			Nodes: []graph.Node{{
				UID: "redis.default#orders.cache", Key: "redis__orders_cache", Type: "redis", Name: "orders-cache", Module: pin("redis"),
			}},
			Names: map[string]string{"cache": "redis.default#orders.cache"},
		},
		Workload: &workload.Workload{
			Name: "orders", Annotations: map[string]string{},
			Containers: map[string]workload.Container{"main": {Name: "main", Image: "."}},
		},
		Context: graph.Context{Tenant: "acme", Project: "shop", Stage: "dev", Target: "local", Workload: "orders"},
		Runtime: "process", Service: pin("service"), Release: "rel_1", ReleaseVersion: "1.0.0",
		Artifacts:       map[string]render.Artifact{"main": {Digest: digest}},
		Tags:            map[string]string{"costcenter": "4711", "env": "dev", "owner": "team-orders"},
		ProviderVersion: "0.1.0",
	}
}

func mustRender(t *testing.T, in render.Input) render.Root {
	t.Helper()
	root, err := render.Render(in)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func problemsOf(t *testing.T, in render.Input) []kernel.Problem {
	t.Helper()
	_, err := render.Render(in)
	e, ok := errors.AsType[*kernel.Error](err)
	if !ok || e.Kind != kernel.Invalid {
		t.Fatalf("got %v, want an invalid input", err)
	}
	return e.Problems
}

func TestTheSameInputGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	first := mustRender(t, small())
	for range 20 {
		if again := mustRender(t, small()); again.Digest != first.Digest || !bytes.Equal(again.Files[render.MainFile], first.Files[render.MainFile]) {
			t.Fatal("rendering is not deterministic")
		}
	}
	other := small()
	other.Release = "rel_2"
	if mustRender(t, other).Digest == first.Digest {
		t.Fatal("another release has the same digest")
	}
}

func TestRootModule(t *testing.T) {
	t.Parallel()
	in := small()
	in.Graph.Nodes = append(in.Graph.Nodes, graph.Node{
		UID: "route.default#orders.web", Key: "route__orders_web", Type: "route", Name: "orders-web", Module: pin("route"),
		Inputs: map[string]any{"port": int64(80), "tags": map[string]any{"own": "yes"}},
	})
	in.Workload.Service.Ports = map[string]workload.Port{"www": {Port: 80, TargetPort: 8080, Protocol: "TCP"}}
	in.Graph.Names["web"] = "route.default#orders.web"
	in.Lock = []byte("# lock\n")
	root := mustRender(t, in)
	var got map[string]any
	if err := json.Unmarshal(root.Files[render.MainFile], &got); err != nil {
		t.Fatal(err)
	}
	tags := map[string]any{"costcenter": "4711", "env": "dev", "owner": "team-orders"}
	contract := func(name string, more map[string]any) map[string]any {
		out := map[string]any{"name": name, "project": "shop", "stage": "dev", "workload": "orders", "tags": tags, "version": "1.0.0"}
		for k, v := range more {
			out[k] = v
		}
		return out
	}
	want := map[string]any{
		"terraform": map[string]any{
			"required_version":   ">= 1.8.0",
			"required_providers": map[string]any{"terrace": map[string]any{"source": "terrace.localhost/terrace/terrace", "version": "0.1.0"}},
			"backend":            map[string]any{"http": map[string]any{}},
		},
		"provider": map[string]any{"terrace": map[string]any{}},
		"module": map[string]any{
			"redis__orders_cache": contract("orders-cache", map[string]any{"source": "terrace.localhost/terrace/redis/local"}),
			"route__orders_web": contract("orders-web", map[string]any{
				"source": "terrace.localhost/terrace/route/local", "port": "www", "tags": map[string]any{"own": "yes"},
			}),
			"workload": contract("orders", map[string]any{
				"source": "terrace.localhost/terrace/service/local", "release": "rel_1", "release_version": "1.0.0",
				"ports": map[string]any{"www": map[string]any{"port": 80.0, "target_port": 8080.0, "protocol": "TCP", "fixed": false}},
				"containers": map[string]any{"main": map[string]any{
					"artifact": digest, "variables": map[string]any{}, "files": map[string]any{}, "volumes": map[string]any{},
				}},
			}),
		},
		"output": map[string]any{
			"endpoints": map[string]any{
				"description": "Address of each route, by its name in the workload.", "value": map[string]any{"web": "${module.route__orders_web.url}"},
			},
			"service": map[string]any{"description": "The service that runs the containers.", "value": map[string]any{
				"name": "${module.workload.name}", "endpoint": "${module.workload.endpoint}", "status": "${module.workload.status}",
			}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	if string(root.Files[render.LockFile]) != "# lock\n" {
		t.Fatal("the lock file is missing")
	}
}

func TestOnlyDeclaredInputsOfTheContractAreGiven(t *testing.T) {
	t.Parallel()
	in := small()
	in.Graph.Nodes[0].Module.Inputs = []string{"name"}
	var got struct{ Module map[string]map[string]any }
	if err := json.Unmarshal(mustRender(t, in).Files[render.MainFile], &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"source": "terrace.localhost/terrace/redis/local", "version": "1.0.0", "name": "orders-cache"}
	if diff := cmp.Diff(want, got.Module["redis__orders_cache"]); diff != "" {
		t.Fatal(diff)
	}
}

// TestWhatAModuleCallsSensitiveStaysSo: terraform forgets it where another module refers to
// the output, so the root module says it, and the containers' module is told what to hide.
func TestWhatAModuleCallsSensitiveStaysSo(t *testing.T) {
	t.Parallel()
	in := small()
	in.Graph.Nodes[0].Module.Sensitive, in.Service.Inputs = []string{"password"}, []string{"name", "concealed"}
	part := func(output string, keys ...string) workload.Part {
		return workload.Part{Ref: &workload.Ref{Resource: "cache", Output: output, Keys: keys}}
	}
	in.Workload.Containers = map[string]workload.Container{"main": {
		Name: "main", Image: ".",
		Variables: map[string]workload.Template{
			"PASSWORD": {Parts: []workload.Part{part("password", "a b")}}, "HOST": {Parts: []workload.Part{{Literal: "x"}, part("host")}}, "NONE": literal("none"),
		},
		Files: map[string]workload.File{"/a": {Target: "/a", Content: workload.Template{Parts: []workload.Part{{Literal: "is "}, part("password", "a b")}}}},
	}}
	var got struct {
		Module map[string]struct {
			Concealed  string
			Containers map[string]struct{ Variables map[string]string }
		}
	}
	if err := json.Unmarshal(mustRender(t, in).Files[render.MainFile], &got); err != nil {
		t.Fatal(err)
	}
	const password = `sensitive(module.redis__orders_cache.password)["a b"]`
	call := got.Module["workload"]
	if want := "${[for value in [module.redis__orders_cache.host, " + password + "] : jsonencode(value) if issensitive(value)]}"; call.Concealed != want {
		t.Errorf("concealed is %s, want %s", call.Concealed, want)
	}
	if got := call.Containers["main"].Variables["PASSWORD"]; got != "${"+password+"}" {
		t.Errorf("the variable is %s", got)
	}
	in.Service.Inputs = nil
	if strings.Contains(string(mustRender(t, in).Files[render.MainFile]), "concealed") {
		t.Error("a module is told that does not ask for it")
	}
}

func TestASingleReferenceKeepsItsType(t *testing.T) {
	t.Parallel()
	in := small()
	ref := func(output string, keys ...string) graph.Template {
		return graph.Template{Parts: []graph.Part{{Node: "redis.default#orders.cache", Output: output, Keys: keys}}}
	}
	in.Graph.Nodes = append(in.Graph.Nodes, graph.Node{
		UID: "x.default#orders.x", Key: "x__orders_x", Type: "x", Name: "orders-x", Module: pin("x"),
		Inputs: map[string]any{"port": ref("port"), "quoted": ref("labels", "a b"), "plain": ref("labels", "c"), "nothing": nil, "yes": true, "part": 0.5},
	})
	root := mustRender(t, in)
	for argument, want := range map[string]cty.Value{
		"port": cty.NumberIntVal(6379), "quoted": cty.StringVal("x"), "plain": cty.StringVal("y"),
		"nothing": cty.NullVal(cty.DynamicPseudoType), "yes": cty.True, "part": cty.NumberFloatVal(0.5),
	} {
		if got := evaluate(t, root, "x__orders_x", argument); !got.RawEquals(want) {
			t.Errorf("%s is %#v, want %#v", argument, got, want)
		}
	}
}

func TestContainers(t *testing.T) {
	t.Parallel()
	in := small()
	in.Workload.Annotations = map[string]string{render.FixedPorts: "web", render.StartTimeout: "2m"}
	in.Workload.Service.Ports = map[string]workload.Port{
		"web": {Port: 80, TargetPort: 8080, Protocol: "TCP"}, "admin": {Port: 81, TargetPort: 81, Protocol: "TCP"},
	}
	in.Workload.Containers["main"] = workload.Container{
		Name: "main", Image: ".", Command: []string{"./app"}, Args: []string{"-v", "${x}"},
		Files: map[string]workload.File{
			"/etc/a":      {Target: "/etc/a", Mode: "0600", Content: literal("a")},
			"/etc/binary": {Target: "/etc/binary", Binary: []byte{0xff}},
			"/etc/spring": {Target: "/etc/spring", Content: literal("${secret:x}")},
			"/etc/nfd":    {Target: "/etc/nfd", Content: literal("e\u0301")},
		},
		Volumes: map[string]workload.Volume{"/data": {
			Target: "/data", Path: "sub", ReadOnly: true,
			Source: workload.Template{Parts: []workload.Part{{Ref: &workload.Ref{Resource: "cache", Output: "host"}}}},
		}},
		Variables: map[string]workload.Template{
			"KEY":  {Parts: []workload.Part{{Secret: "db/credentials#password"}}},
			"LINK": {Parts: []workload.Part{{Literal: "x://$"}, {Secret: "key"}, {Literal: "@"}, {Ref: &workload.Ref{Resource: "cache", Output: "host"}}}},
		},
		Before:    map[string]workload.Condition{"side": workload.Healthy},
		Resources: workload.Compute{Limits: workload.Quantities{CPU: "500m", Memory: "64Mi"}},
		LivenessProbe: &workload.Probe{HTTP: &workload.HTTPProbe{
			Scheme: "HTTP", Path: "/healthz", Port: 8080, Host: "h", Headers: []workload.Header{{Name: "X", Value: "1"}, {Name: "X", Value: "2"}},
		}},
		ReadinessProbe: &workload.Probe{Exec: []string{"true"}},
	}
	var got struct{ Module map[string]map[string]any }
	if err := json.Unmarshal(mustRender(t, in).Files[render.MainFile], &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"artifact": digest, "command": []any{"./app"}, "args": []any{"-v", "$${x}"},
		"variables": map[string]any{
			"KEY": "$${secret:db/credentials#password}", "LINK": "x://${\"$\"}$${secret:key}@${module.redis__orders_cache.host}",
		},
		"files": map[string]any{
			"/etc/a":      map[string]any{"content": "a", "mode": "0600"},
			"/etc/binary": map[string]any{"binary_content": "/w=="},
			"/etc/spring": map[string]any{"binary_content": "JHtzZWNyZXQ6eH0="},
			"/etc/nfd":    map[string]any{"binary_content": "ZcyB"},
		},
		"volumes":   map[string]any{"/data": map[string]any{"source": "${module.redis__orders_cache.host}/sub", "read_only": true}},
		"before":    map[string]any{"side": "healthy"},
		"cpu_limit": "500m", "memory_limit": "64Mi",
		"liveness": map[string]any{"http": map[string]any{
			"scheme": "HTTP", "path": "/healthz", "port": 8080.0, "host": "h", "headers": map[string]any{"X": "1, 2"},
		}},
		"readiness": map[string]any{"exec": []any{"true"}},
	}
	if diff := cmp.Diff(want, got.Module["workload"]["containers"].(map[string]any)["main"]); diff != "" {
		t.Error(diff)
	}
	ports := map[string]any{
		"web":   map[string]any{"port": 80.0, "target_port": 8080.0, "protocol": "TCP", "fixed": true},
		"admin": map[string]any{"port": 81.0, "target_port": 81.0, "protocol": "TCP", "fixed": false},
	}
	if diff := cmp.Diff(ports, got.Module["workload"]["ports"]); diff != "" {
		t.Error(diff)
	}
	if got.Module["workload"]["start_timeout"] != "2m" {
		t.Error("the start timeout is missing")
	}
}

func TestRefusesWhatTheRuntimeCannotRun(t *testing.T) {
	t.Parallel()
	in := small()
	in.Workload.Annotations = map[string]string{render.FixedPorts: "admin", render.StartTimeout: "soon"}
	at := workload.Position{File: "score.yaml", Line: 7, Column: 3}
	in.Workload.Containers["side"] = workload.Container{
		Name: "side", Image: "nginx:1", At: at,
		Variables: map[string]workload.Template{"P": {At: at, Parts: literal("${secret:other}").Parts}},
		Files:     map[string]workload.File{"/a": {Target: "/a", Source: "a.txt", At: at}},
	}
	problems := problemsOf(t, in)
	var paths []string
	for _, p := range problems {
		paths = append(paths, p.Path)
		if p.Message == "" || p.Fix == "" {
			t.Errorf("%v says not what is wrong or what to do", p)
		}
		if strings.HasPrefix(p.Path, "containers.") && (p.File != "score.yaml" || p.Line != 7 || p.Column != 3) {
			t.Errorf("%v is at the wrong place", p)
		}
	}
	want := []string{
		"containers.side.image", "containers.side.variables.P", "containers.side.files./a",
		"metadata.annotations." + render.FixedPorts, "metadata.annotations." + render.StartTimeout,
	}
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Fatal(diff)
	}
	if !strings.Contains(problems[0].Message, "side") || !strings.Contains(problems[0].Message, "nginx:1") {
		t.Fatalf("%v names neither the container nor the image", problems[0])
	}
}

func TestRoutesLeadToPortsByNameOrNumber(t *testing.T) {
	t.Parallel()
	web := map[string]workload.Port{"web": {Port: 80, TargetPort: 8080, Protocol: "TCP"}}
	two := map[string]workload.Port{"web": web["web"], "admin": {Port: 81, TargetPort: 8081, Protocol: "TCP"}}
	for name, c := range map[string]struct {
		ports map[string]workload.Port
		given any
		want  any
	}{
		"by name":             {two, "admin", "admin"},
		"by number":           {two, int64(81), "admin"},
		"by a number as text": {two, "80", "web"},
		"the only one":        {web, "", ""},
		"none of two":         {two, "", nil},
		"none at all":         {nil, "", nil},
		"no such number":      {web, int64(9090), nil},
		"not the target port": {web, int64(8080), nil},
		"no such name":        {web, "admin", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := small()
			in.Workload.Service.Ports = c.ports
			in.Workload.Resources = map[string]workload.Resource{"r": {Name: "r", Type: "route", At: workload.Position{File: "score.yaml", Line: 9, Column: 3}}}
			in.Graph.Names["r"] = "route.default#orders.r"
			in.Graph.Nodes = append(in.Graph.Nodes, graph.Node{
				UID: "route.default#orders.r", Key: "route__orders_r", Type: "route", Name: "orders-r", Module: pin("route"),
				Inputs: map[string]any{"port": c.given},
			})
			if c.want == nil {
				problems := problemsOf(t, in)
				if len(problems) != 1 || problems[0].Line != 9 || problems[0].Path != "resources.r.params.port" || problems[0].Fix == "" {
					t.Fatalf("problems %v", problems)
				}
				return
			}
			if got := evaluate(t, mustRender(t, in), "route__orders_r", "port"); got.AsString() != c.want {
				t.Fatalf("leads to %q, want %q", got.AsString(), c.want)
			}
		})
	}
}

func TestRefusesUnknownTargetsAndRuntimes(t *testing.T) {
	t.Parallel()
	in := small()
	in.Context.Target = "moon"
	problemsOf(t, in)
	in = small()
	in.Runtime = "kubernetes"
	problemsOf(t, in)
}
