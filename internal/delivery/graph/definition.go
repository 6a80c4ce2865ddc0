package graph

// Definition says which module serves the resources of a type, and where.
type Definition struct {
	Name string `json:"name"`
	// Type is the type of resource that it serves.
	Type string `json:"type"`
	// Criteria say when it applies; without any it applies to every resource
	// of the class default, everywhere.
	Criteria []Criterion `json:"criteria,omitempty"`
	Module   ModuleRef   `json:"module"`
	// Inputs are the module's arguments: literals, and strings with the
	// placeholders ${params.…}, ${context.…}, ${resource.…}, ${resources.…},
	// ${landing_zone.…} and ${secret:…}.
	Inputs map[string]any `json:"inputs,omitempty"`
	// Outputs are what the resource gives, by the names that its type has on
	// every target: values like those of Inputs, with ${module.…} for the outputs
	// of the module. Without any the resource gives the module's outputs.
	Outputs map[string]any `json:"outputs,omitempty"`
	// Resources are what the resource itself needs, by a name of their own.
	Resources map[string]DependentResource `json:"resources,omitempty"`
}

// Criterion is one condition of a definition. An empty field means any, but
// for Class, where it means the class default.
type Criterion struct {
	Target  string `json:"target,omitempty"`
	Runtime string `json:"runtime,omitempty"`
	Project string `json:"project,omitempty"`
	Stage   string `json:"stage,omitempty"`
	Class   string `json:"class,omitempty"`
	ID      string `json:"id,omitempty"`
}

// DependentResource is a resource that another resource needs. With an ID it
// is shared, without one it belongs to its parent. One that only the unused
// default of a placeholder mentions is left out of the graph.
type DependentResource struct {
	Type   string         `json:"type"`
	Class  string         `json:"class,omitempty"`
	ID     string         `json:"id,omitempty"`
	Params map[string]any `json:"params,omitempty"`
}

// ModuleRef names a module: namespace/name/system, and the versions that will do.
type ModuleRef struct {
	Source string `json:"source"`
	// Version is a constraint such as "~> 1.2"; empty is any version.
	Version string `json:"version,omitempty"`
}

// ModulePin is one exact version of a module.
type ModulePin struct {
	Source  string `json:"source"`
	Version string `json:"version"`
	Digest  string `json:"digest"`
	// Inputs and Outputs are the names of its variables and outputs; nil when
	// they are not known, and then nothing is checked against them.
	Inputs  []string `json:"inputs"`
	Outputs []string `json:"outputs"`
	// Required are the inputs without a default.
	Required []string `json:"required,omitempty"`
	// Sensitive are the outputs that the module says are.
	Sensitive []string `json:"sensitive,omitempty"`
	// Ephemeral are the inputs whose values terraform keeps neither in plans nor in states.
	Ephemeral []string `json:"ephemeral,omitempty"`
	// SensitiveInputs are those whose values terraform does not show; nil where that is not
	// known, as in a release, which was checked when it was made.
	SensitiveInputs []string `json:"-"`
}

// Context is where a graph is resolved.
type Context struct {
	Tenant   string `json:"tenant"`
	Project  string `json:"project"`
	Stage    string `json:"stage"`
	Target   string `json:"target"`
	Runtime  string `json:"runtime,omitempty"`
	Workload string `json:"workload"`
}

// ModuleSource finds the version of a module to use.
type ModuleSource interface {
	Module(ref ModuleRef) (ModulePin, error)
}

// ModuleFunc is a function that is a ModuleSource.
type ModuleFunc func(ref ModuleRef) (ModulePin, error)

// Module calls f.
func (f ModuleFunc) Module(ref ModuleRef) (ModulePin, error) { return f(ref) }

// ModuleOutputs returns the outputs of its module that the definition names, by
// the name of the output in which it does.
func (d Definition) ModuleOutputs() map[string][]string {
	named := map[string][]string{}
	for _, output := range sortedKeys(d.Outputs) {
		t := compileTree(d.Outputs[output], output, place{dependents: sortedKeys(d.Resources), landingZone: true, module: true}, func(string, string) {})
		walkTerms(t, func(t term) {
			if len(t.path) > 1 && t.path[0] == moduleRoot {
				named[output] = append(named[output], t.path[1])
			}
		})
	}
	return named
}
