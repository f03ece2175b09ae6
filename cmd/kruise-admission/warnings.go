package main

// What a server would log, said to the user of a command.

import (
	"fmt"
	"io"

	"github.com/go-logr/logr"
)

// warnings is a sink that writes for people what a server would log as an error, such as a SidecarSet that cannot be compiled.
type warnings struct{ out io.Writer }

// Init implements logr.LogSink.
func (warnings) Init(logr.RuntimeInfo) {}

// Enabled implements logr.LogSink.
func (warnings) Enabled(int) bool { return false }

// Info implements logr.LogSink.
func (warnings) Info(int, string, ...any) {}

// Error implements logr.LogSink.
func (w warnings) Error(err error, message string, keysAndValues ...any) {
	subject := ""
	for i := 0; i+1 < len(keysAndValues); i += 2 {
		subject += fmt.Sprintf("%v %v: ", keysAndValues[i], keysAndValues[i+1])
	}
	_, _ = fmt.Fprintf(w.out, "warning: %s%s: %s\n", subject, message, oneLine(err.Error()))
}

// WithValues implements logr.LogSink.
func (w warnings) WithValues(...any) logr.LogSink { return w }

// WithName implements logr.LogSink.
func (w warnings) WithName(string) logr.LogSink { return w }
