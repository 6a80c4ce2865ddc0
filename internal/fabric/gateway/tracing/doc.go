// Package tracing makes the gateway a part of traces: it goes on with those that
// clients began (W3C Trace Context level 2), begins others, and records spans of what
// it serves and of each time that it asks a service, as OpenTelemetry has them.
//
// It owns which requests are recorded. Where spans go is platform/telemetry's.
package tracing
