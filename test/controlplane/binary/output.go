package binary

import (
	"errors"
	"strings"
	"sync"
)

// packageCounter reads the output of "go build -v": the names of compiled packages, and complaints.
type packageCounter struct {
	mutex    sync.Mutex
	rest     string // begin of a line whose end has not come yet
	packages int
	latest   string
	other    []string
}

// Write implements io.Writer.
func (c *packageCounter) Write(output []byte) (int, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	lines := strings.Split(c.rest+string(output), "\n")
	c.rest = lines[len(lines)-1]
	for _, line := range lines[:len(lines)-1] {
		switch {
		case strings.HasPrefix(line, "go: downloading "):
			c.latest = line
		case strings.ContainsAny(line, " \t"):
			c.other = append(c.other, line)
		default:
			c.packages++
			c.latest = line
		}
	}
	return len(output), nil
}

func (c *packageCounter) count() int {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.packages
}

func (c *packageCounter) last() string {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.latest
}

// problems returns what was no name of a package: the errors of the compiler.
func (c *packageCounter) problems() error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return errors.New(strings.Join(append(c.other, c.rest), "\n"))
}
