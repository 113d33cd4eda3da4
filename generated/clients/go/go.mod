module latchkey.local/latchkey

go 1.24
