package main

// Environment variables that the program itself looks at, besides podNamespaceEnv (serveflags.go).
const (
	// noColorEnv, set to anything, turns colours off, as in other programs (no-color.org).
	noColorEnv = "NO_COLOR"
	// terminalEnv with the value `dumb` says that there is no terminal: no colours and no progress bar.
	terminalEnv = "TERM"
	// garbageEnv is Go's own setting of its garbage collector; without it the server collects at 150 percent.
	garbageEnv = "GOGC"
)
