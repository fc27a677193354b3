"""`python -m unlearn_spec` is the command `unlearn-spec`."""

from unlearn_spec.cli.app import main

if __name__ == "__main__":
    main()
