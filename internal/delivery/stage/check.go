package stage

import "time"

// Check is one verification; it is exactly one of its kinds.
type Check struct {
	Name       string           `json:"name" yaml:"name" koanf:"name"`
	HTTP       *HTTPCheck       `json:"http,omitempty" yaml:"http,omitempty" koanf:"http"`
	Command    *CommandCheck    `json:"command,omitempty" yaml:"command,omitempty" koanf:"command"`
	Prometheus *PrometheusCheck `json:"prometheus,omitempty" yaml:"prometheus,omitempty" koanf:"prometheus"`
}

// HTTPCheck asks every route of the workload, again and again until it gets the
// right answer or its time is over.
type HTTPCheck struct {
	// Path is asked below the route's host; empty is that of the workload's readiness probe, else /.
	Path string `json:"path" yaml:"path" koanf:"path"`
	// Status is the status expected; 0 is any from 200 to 299.
	Status int `json:"status" yaml:"status" koanf:"status"`
	// Contains is a text that the answer's first 64 KiB must have; empty is none.
	Contains string `json:"contains,omitempty" yaml:"contains,omitempty" koanf:"contains"`
	// Headers go with the request; a secret in them is a reference to one of the stage, ${secret:NAME}.
	Headers map[string]string `json:"headers,omitempty" yaml:"headers,omitempty" koanf:"headers"`
	// Timeout bounds the check with its repetitions; 0 leaves it to the verifier.
	Timeout time.Duration `json:"timeout" yaml:"timeout" koanf:"timeout"`
}

// The limits of a command that names none.
const (
	DefaultCommandTime   = time.Minute
	DefaultCommandMemory = 512
)

// CommandCheck runs a program on the machine of the daemon; exit code 0 passes.
type CommandCheck struct {
	// Argv is the program and its arguments; no shell reads it.
	Argv []string `json:"argv" yaml:"argv" koanf:"argv"`
	// Environment are variables beside those that every check has; secrets are references, as in Headers.
	Environment map[string]string `json:"environment,omitempty" yaml:"environment,omitempty" koanf:"environment"`
	// Timeout bounds it; 0 is DefaultCommandTime.
	Timeout time.Duration `json:"timeout,omitempty" yaml:"timeout,omitempty" koanf:"timeout"`
	// Memory bounds the data of each of its processes, in MiB; 0 is DefaultCommandMemory.
	Memory int `json:"memory,omitempty" yaml:"memory,omitempty" koanf:"memory"`
}

// What an answer of Prometheus without data means.
const (
	NoDataFail = "fail"
	NoDataPass = "pass"
	NoDataWait = "wait"
)

// The measurements of a check that does not say otherwise.
const (
	DefaultMeasureEvery = 30 * time.Second
	DefaultMeasureTime  = 10 * time.Second
)

// PrometheusCheck asks a server with the HTTP API of Prometheus, once or for a
// while.
type PrometheusCheck struct {
	// Server is its address, https://prometheus.example or with a path.
	Server string `json:"server" yaml:"server" koanf:"server"`
	// Query is PromQL with the placeholders of Placeholders.
	Query string `json:"query" yaml:"query" koanf:"query"`
	// Condition is what every sample must be, such as < 0.01. Empty leaves the
	// comparison to the query: a sample of any value then passes.
	Condition string `json:"condition,omitempty" yaml:"condition,omitempty" koanf:"condition"`
	// For is how long it is measured; 0 is once.
	For time.Duration `json:"for,omitempty" yaml:"for,omitempty" koanf:"for"`
	// Every is the time between measurements; 0 is DefaultMeasureEvery.
	Every time.Duration `json:"every,omitempty" yaml:"every,omitempty" koanf:"every"`
	// Failures is how many measurements may miss the condition.
	Failures int `json:"failures,omitempty" yaml:"failures,omitempty" koanf:"failures"`
	// NoData says what a measurement without a number means: NoDataFail, also when
	// empty, NoDataPass or NoDataWait, which counts it neither way.
	NoData string `json:"noData,omitempty" yaml:"noData,omitempty" koanf:"noData"`
	// Timeout bounds each measurement; 0 is DefaultMeasureTime.
	Timeout time.Duration `json:"timeout,omitempty" yaml:"timeout,omitempty" koanf:"timeout"`
	// TokenFile and TokenVariable say where the bearer token is; both empty is none.
	TokenFile     string `json:"tokenFile,omitempty" yaml:"tokenFile,omitempty" koanf:"tokenFile"`
	TokenVariable string `json:"tokenVariable,omitempty" yaml:"tokenVariable,omitempty" koanf:"tokenVariable"`
}
