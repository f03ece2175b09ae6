package main

// How commands print.

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// toTerminal says whether output goes to a person who sees colours.
func toTerminal(out io.Writer) bool { return os.Getenv(noColorEnv) == "" && isTerminal(out) }

// isTerminal says whether output goes to a terminal whose cursor can be moved.
func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok || os.Getenv(terminalEnv) == "dumb" {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// count says how many there are of something.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// printJSON prints a value for machines.
func printJSON(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}
