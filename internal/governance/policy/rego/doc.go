// Package rego compiles policies with Open Policy Agent and evaluates them.
//
// It owns the compiler, what Rego may not do here, prepared queries, the bounds
// of an evaluation, and tests of policies. A policy that errs or takes too long
// is a result that blocks by its level, never a pass. Where policies come from,
// and for whom they hold, is not its business.
package rego
