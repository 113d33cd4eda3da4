module example.local/scenario

go 1.24

require latchkey.local/latchkey v0.0.0

replace latchkey.local/latchkey => ../../../../generated/clients/go
